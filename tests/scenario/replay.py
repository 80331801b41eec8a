#!/usr/bin/env python3
"""Replays files in the Online Retail format and compares every figure of the report with a script
of its own.

    replay.py BUILD_DIRECTORY              a small file that hits every rule: plain, .gz and .xz,
                                           interrupted, killed, continued, repeated
    replay.py BUILD_DIRECTORY FILE LINES   the first LINES of a real file; 77 where there is none

truth() is written from the rules of how a shop reads such a file and shares nothing with shopctl.
"""
import collections
import csv
import datetime
import gzip
import io
import itertools
import json
import lzma
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import run  # noqa: E402
from replay_loyalty import loyalty_truth  # noqa: E402

HEADING = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
SECONDS = 300


def classify(row):
    """("refused", reason), ("credit",), ("adjustment",) or ("sale",)."""
    invoice, quantity, pence = row[0], int(row[3]), Fraction(row[5]) * 100
    if not invoice[0].isdigit() and invoice[0] != "C":
        return "refused", "NOT_A_SALE"
    if pence < 0:
        return "refused", "NEGATIVE_PRICE"
    if pence.denominator != 1:
        return "refused", "FRACTION_OF_A_PENNY"
    if abs(quantity) > 1000000 or len(row[1]) > 40 or len(row[7]) > 40 or len(invoice) > 28:
        return "refused", "MALFORMED"
    if invoice[0] == "C":
        return ("credit",)
    if quantity < 0 or (pence == 0 and row[6] == ""):
        return ("adjustment",)
    return ("sale",)


def truth(text):
    """The report that must come out, and the refused lines as (line, reason)."""
    documents, rejects, total = {}, [], collections.Counter()
    groups = {name: collections.Counter() for name in (
        "goodwill_by_reason", "rejected", "gross_by_country", "gross_by_month",
        "credited_by_month")}
    rows = list(csv.reader(io.StringIO(text, newline="")))[1:]
    sold = collections.Counter(row[0] for row in rows if classify(row) == ("sale",))
    for number, row in enumerate(rows, 2):
        kind = classify(row)
        if kind[0] != "refused" and sold[row[0]] > 2000:
            kind = "refused", "INVOICE_TOO_LONG"
        if kind[0] == "refused":
            groups["rejected"][kind[1]] += 1
            rejects.append((number, kind[1]))
        else:
            documents.setdefault(row[0], []).append((kind[0], number, row))
    shelf, codes, members = collections.Counter(), set(), set()
    bought = collections.defaultdict(list)  # by customer and code
    customers, loyal = [], []

    def receive(code, quantity):
        missing = max(0, quantity - shelf[code])
        total["received_units"] += missing
        shelf[code] += missing

    for invoice, lines in documents.items():
        month = lines[0][2][4][:7]
        codes.update(row[1] for _, _, row in lines)
        members.update(row[6] for _, _, row in lines if row[6])
        sales = [row for kind, _, row in lines if kind == "sale"]
        returned, cases = [], {}
        grosses = [(int(row[3]) * int(Fraction(row[5]) * 100), int(row[3])) for row in sales]
        customer = sales[0][6] if sales else ""
        customers.append((lines[0][2][4], customer, sum(gross for gross, _ in grosses), returned))
        loyal.append((day_of(lines[0][2][4]), customer, grosses, cases))
        wanted = collections.Counter()
        for row in sales:
            wanted[row[1]] += int(row[3])
        for code, quantity in wanted.items():
            receive(code, quantity)
            shelf[code] -= quantity
        if sales:
            total["orders"] += 1
            groups["gross_by_country"][sales[0][7]] += 0
            groups["gross_by_month"][month] += 0
        for place, row in enumerate(sales):
            pence = int(Fraction(row[5]) * 100)
            gross = int(row[3]) * pence
            net = (gross * 10 + 6) // 12  # gross / 1.2, half up
            total["sale_lines"] += 1
            total["gross_minor"] += gross
            total["tax_minor"] += gross - net
            groups["gross_by_country"][sales[0][7]] += gross
            groups["gross_by_month"][month] += gross
            if row[6]:
                bought[row[6], row[1]].append([len(loyal) - 1, place, pence, int(row[3])])
        for kind, _, row in lines:
            if kind == "adjustment":
                total["adjustments"] += 1
                receive(row[1], -int(row[3]))
                shelf[row[1]] += int(row[3])
        for kind, _, row in lines:
            if kind != "credit":
                continue
            left, pence = -int(row[3]), int(Fraction(row[5]) * 100)
            mine = bought[row[6], row[1]] if row[6] else []
            taken = 0
            for sale in reversed(mine):
                if sale[2] == pence:
                    units = min(left - taken, sale[3])
                    sale[3] -= units
                    taken += units
                    if units > 0:
                        came, money = cases.get(sale[0], ([], 0))
                        cases[sale[0]] = came + [(sale[1], units)], money + units * pence
            shelf[row[1]] += taken
            total["returned_minor"] += taken * pence
            returned.append((row[6], taken * pence))
            rest = (left - taken) * pence
            if rest > 0:
                reason = ("NO_CUSTOMER" if not row[6] else "NEVER_BOUGHT" if not mine else
                          "OTHER_PRICE" if any(b[3] > 0 and b[2] != pence for b in mine) else
                          "ALREADY_CREDITED")
                total["goodwill_minor"] += rest
                groups["goodwill_by_reason"][reason] += rest
            if taken > 0 or rest > 0:
                total["credit_lines"] += 1
                groups["credited_by_month"][month] += left * pence
    report = {name: total[name] for name in (
        "orders", "sale_lines", "gross_minor", "tax_minor", "credit_lines", "returned_minor",
        "goodwill_minor", "adjustments", "received_units")}
    report["credited_minor"] = report["returned_minor"] + report["goodwill_minor"]
    report["members"], report["products"] = len(members), len(codes)
    report["on_hand_units"] = sum(shelf.values())
    report.update((name, dict(group)) for name, group in groups.items())
    loyalty, deducted = loyalty_truth(loyal)
    report.update(loyalty)
    report.update(customers_truth(customers, deducted))
    return report, rejects


def day_of(text):
    return datetime.date(*map(int, text[:10].split("-"))).toordinal()


def fifths(values):
    """Where scores change: the ceil(k n / 5)-th smallest value."""
    values = sorted(values)
    return [values[-(-k * len(values) // 5) - 1] for k in (1, 2, 3, 4)]


def customers_truth(documents, deducted):
    """Segments by RFM scores, cohorts and repurchase rates of customers with a name, by themselves:
    documents as (time, customer, paid pence, [(customer, returned pence)]), and what was deducted from
    refunds as [(customer, pence)]."""
    orders, spent = collections.defaultdict(list), collections.Counter()
    for time_text, customer, paid, returned in documents:
        if customer:
            orders[customer].append(time_text)
            spent[customer] += paid
        for who, pence in returned:
            spent[who] -= pence
    for who, pence in deducted:
        spent[who] += pence
    last_day = max(day_of(document[0]) for document in documents)
    ages = {who: last_day - day_of(times[-1]) for who, times in orders.items()}
    recency, frequency, monetary = {}, {}, {}
    by_age = fifths(ages.values())
    by_count = fifths([len(times) for times in orders.values()])
    by_spent = fifths([spent[who] for who in orders])
    for who, times in orders.items():
        recency[who] = 5 - sum(ages[who] > b for b in by_age)
        frequency[who] = 1 + sum(len(times) > b for b in by_count)
        monetary[who] = 1 + sum(spent[who] > b for b in by_spent)
    segments = {
        "champions": sum(recency[w] >= 4 and frequency[w] >= 4 and monetary[w] >= 4
                         for w in orders),
        "slipping": sum(recency[w] <= 2 and frequency[w] >= 3 for w in orders),
        "big-spenders": sum(monetary[w] >= 5 for w in orders)}
    cohorts, sizes, repeats = collections.Counter(), collections.Counter(), collections.Counter()
    for times in orders.values():
        months = [text[:4] + text[5:7] for text in times]
        sizes[months[0]] += 1
        repeats[months[0]] += len(times) > 1
        for month in set(months):
            cohorts["%s/%s" % (months[0], month)] += 1
    return {"rfm_segments": segments, "cohorts": dict(cohorts),
            "repurchase_rate_bp": {m: (repeats[m] * 20000 + n) // (n * 2)
                                   for m, n in sizes.items()}}


def small_file():
    """Some eighty invoices that hit every rule."""
    lines = [HEADING]

    def add(invoice, code, quantity, price, customer, day, minute, country="United Kingdom",
            title="THING"):
        lines.append('%s,%s,"%s",%d,2010-12-%02d 08:%02d:00,%s,%s,%s' % (
            invoice, code, title.replace('"', '""'), quantity, day, minute, price, customer,
            country))
    # Sales: the same code twice, at two prices too; commas, quotes and pounds in names; POST.
    add(536365, "85123A", 6, "2.55", "17850.0", 1, 26, title='HOLDER, "WHITE" 5£')
    add(536365, "85123A", 2, "2.55", "17850.0", 1, 26, title='HOLDER, "WHITE" 5£')
    add(536365, "85123A", 3, "2.75", "17850.0", 1, 26)
    add(536365, "85123a", 3, "1.97", "17850.0", 1, 27)
    add(536365, "POST", 1, "18.0", "17850.0", 1, 27)
    # Interleaved with another, whose lines come between and after.
    add(536366, "22423", 4, "12.75", "13047.0", 1, 28, "France")
    add(536367, "22423", 2, "12.75", "17850.0", 1, 28)
    add(536366, "21730", 40, "0.85", "13047.0", 1, 28, "France")
    # Without a customer: a guest. A free line, an order of nothing.
    add(536368, "21730", 7, "1.66", "", 1, 29)
    add(536369, "22423", 2, "9.95", "13047.0", 1, 30, "France")
    add(536369, "GIFT", 3, "0.0", "13047.0", 1, 30, "France")
    add(536370, "GIFT", 1, "0.0", "17850.0", 1, 31)
    # Adjustments: found, broken, never part of an order.
    add(536371, "FOUND", 25, "0.0", "", 1, 32)
    add(536372, "21730", -10, "0.0", "", 1, 33)
    add(536373, "FOUND", -30, "0.0", "", 1, 34)
    # Refused, of every reason.
    add("A563185", "B", 1, "11062.06", "", 1, 35)
    add("A563186", "B", 1, "-11062.06", "", 1, 35)
    add(536374, "B", 1, "-1.00", "", 1, 35)
    add(536374, "PADS", 1, "0.001", "17850.0", 1, 35)
    # What no method of the shop takes is refused and stops nothing; a long name is cut.
    add(536375, "B", 2000000, "1.00", "17850.0", 1, 36)
    add(536375, "B", -2000000, "0.0", "", 1, 36)
    add(536375, "B" * 41, 1, "1.00", "17850.0", 1, 36)
    add(536375, "B", 1, "1.00", "17850.0", 1, 36, country="U" * 41)
    add("5" * 29, "B", 1, "1.00", "17850.0", 1, 36)
    add(536376, "LONG", 1, "1.00", "17850.0", 1, 36, title="Ü" * 121)
    # As many lines as an order can have, and one too many with a line that was never to be sold.
    for i in range(2000):
        add(536377, "PIN", 1 + i % 2, "0.01", "17850.0", 1, 37)
    for i in range(2001):
        add(536378, "PIN%d" % i, 1, "0.01", "17999.0", 1, 38)
    add(536378, "PIN", -1, "0.0", "", 1, 38)
    # Ordinary days, so that there is something to interrupt.
    for i in range(300):
        invoice, customer, day = 537000 + i, "%d.0" % (18000 + i % 5), 2 + i // 50
        add(invoice, "22423", 1 + i % 3, "12.75", customer, day, i % 60)
        add(invoice, "7%04d" % (i % 7), 12, "0.42", customer, day, i % 60)
    # Credits: one line split over two sale lines, the latest first; then more than is left.
    add("C536404", "85123A", -7, "2.55", "17850.0", 10, 1)
    add("C536405", "85123A", -2, "2.55", "17850.0", 10, 2)
    add("C536406", "85123A", -1, "2.75", "17850.0", 10, 3)
    add("C536407", "85123A", -1, "2.65", "17850.0", 10, 4)
    add("C536408", "22423", -1, "12.75", "", 10, 5)
    add("C536409", "85123A", -1, "2.55", "13047.0", 10, 6)
    add("C536410", "POST", -1, "18.0", "17850.0", 10, 7)
    add("C536411", "POST", -2, "18.0", "17850.0", 10, 8)
    # Two orders in one credit, another month, a customer of nothing else.
    add("C536412", "22423", -3, "12.75", "13047.0", 10, 9, "France")
    add("C536412", "22423", -1, "9.95", "13047.0", 10, 9, "France")
    add("C536412", "Discount", -1, "5.00", "13047.0", 10, 9, "France")
    lines.append("C536413,22423,THING,-2,2011-01-04 10:00:00,12.75,18001.0,United Kingdom")
    lines.append("536500,22423,THING,9,2011-01-05 10:00:00,12.75,18001.0,United Kingdom")
    lines.append("C536501,D,Discount,-1,2011-01-05 11:00:00,27.50,19999.0,Iceland")
    # A year later points have expired and tiers ended: what comes back now takes points along that
    # are there no more, and the refund is less.
    lines.append("536502,22423,THING,60,2011-06-20 10:00:00,12.75,18000.0,United Kingdom")
    lines.append("C536503,22423,THING,-1,2011-12-05 10:00:00,12.75,18002.0,United Kingdom")
    lines.append("C536503,22423,THING,-2,2011-12-05 10:00:00,12.75,18000.0,United Kingdom")
    lines.append("536504,22423,THING,2,2011-12-05 11:00:00,12.75,18003.0,United Kingdom")
    return "\n".join(lines) + "\n"


class Replay:
    """A server of its own and shopctl replay against it."""

    def __init__(self, build):
        self.server = run.Server(build, ["--clock", "simulated"])
        self.server.start()
        self.ctl = os.path.join(self.server.build, "shopctl")

    def path(self, name):
        return os.path.join(self.server.root, name)

    def begin(self, name):
        environment = dict(os.environ, SHOP_SERVER=self.server.url)
        environment["SHOP_TOKEN_FILE"] = os.path.join(self.server.data, "admin.token")
        return subprocess.Popen(
            [self.ctl, "replay", self.path(name), "--report", self.path("report"), "--rejects",
             self.path("rejects")], env=environment, stderr=subprocess.PIPE, text=True)

    def end(self, process):
        _, err = process.communicate(timeout=SECONDS)
        return process.returncode, err

    def sequence(self):
        out = subprocess.run([self.ctl, "--server", self.server.url, "governance.GetServerInfo"],
                             capture_output=True, text=True, timeout=30, check=True).stdout
        return int(json.loads(out)["sequence"])

    def followers(self):
        out = subprocess.run([self.ctl, "--server", self.server.url, "--token-file",
                              os.path.join(self.server.data, "admin.token"),
                              "governance.ListFollowers"],
                             capture_output=True, text=True, timeout=30, check=True).stdout
        return len(json.loads(out)["followers"])

    def wait_for(self, sequence):
        until = time.monotonic() + SECONDS
        while self.sequence() < sequence:
            assert time.monotonic() < until, "the replay does not get on"
            time.sleep(0.002)

    def check(self, what, name, wanted, rejects):
        status, err = self.end(self.begin(name))
        if status != 0:
            raise run.Unmet("%s: expected 0, came %d: %s" % (what, status, err))
        with open(self.path("report")) as file:
            report = json.load(file)
        if len(report.pop("recommendations")) != 3:
            raise run.Unmet("%s: three customers were to be recommended something" % what)
        for field in sorted(set(report) | set(wanted)):
            if report.get(field) != wanted.get(field):
                raise run.Unmet("%s: expected %s = %s, came %s" % (
                    what, field, wanted.get(field), report.get(field)))
        with open(self.path("rejects")) as file:
            came = [tuple(line.split(",")[:2]) for line in file]
        if came != [(str(number), reason) for number, reason in rejects]:
            raise run.Unmet("%s: expected rejects %s, came %s" % (what, rejects, came))
        print("%s: %d orders, %d credit lines, %d writes, as the rules say" % (
            what, report["orders"], report["credit_lines"], self.sequence()))

    def verify(self):
        subprocess.run([self.ctl, "--server", self.server.url, "--token-file",
                        os.path.join(self.server.data, "admin.token"), "verify"],
                       check=True, timeout=SECONDS, stdout=subprocess.DEVNULL)


def check_guarded(replay, text):
    """What is no such file is refused before anything is done."""
    with open(replay.path("other.csv"), "w") as file:
        file.write("a,b,c\n1,2,3\n")
    with open(replay.path("cut.csv.gz"), "wb") as file:
        file.write(gzip.compress(text.encode())[:-200])
    with open(replay.path("cut.csv.xz"), "wb") as file:
        file.write(lzma.compress(text.encode())[:-40])
    before = replay.sequence()
    for name in ("other.csv", "cut.csv.gz", "cut.csv.xz", "absent.csv"):
        status, err = replay.end(replay.begin(name))
        if status != run.EXIT_BASE + run.CODES.index("INVALID_ARGUMENT"):
            raise run.Unmet("%s: expected a refusal, came %d: %s" % (name, status, err))
    if replay.sequence() != before:
        raise run.Unmet("a file that was refused has changed the shop")


def replay_small(build):
    text = small_file()
    wanted, rejects = truth(text)
    assert set(wanted["rejected"]) == {
        "NOT_A_SALE", "NEGATIVE_PRICE", "FRACTION_OF_A_PENNY", "MALFORMED",
        "INVOICE_TOO_LONG"}
    assert set(wanted["goodwill_by_reason"]) == {
        "NO_CUSTOMER", "NEVER_BOUGHT", "OTHER_PRICE", "ALREADY_CREDITED"}
    packed = {"plain": ("small.csv", text.encode()),
              "gzip": ("small.csv.gz", gzip.compress(text.encode())),
              "xz": ("small.csv.xz", lzma.compress(text.encode()))}
    for what, (name, data) in packed.items():
        replay = Replay(build)
        try:
            with open(replay.path(name), "wb") as file:
                file.write(data)
            if what == "gzip":
                check_guarded(replay, text)
            if what == "xz":
                interrupt(replay, name)
            replay.check(what, name, wanted, rejects)
            orders = replay.sequence()
            replay.check(what + " again", name, wanted, rejects)
            # Only the importer's key is new, the record that it moved the clock, and how far the
            # followers came.
            if replay.sequence() > orders + 2 + replay.followers():
                raise run.Unmet("a replay of what was replayed wrote %d times" %
                                (replay.sequence() - orders))
            replay.verify()
        finally:
            replay.server.stop()
            run.shutil.rmtree(replay.server.root, ignore_errors=True)


def interrupt(replay, name):
    """Ctrl-C and a killed server, in the middle of it."""
    process = replay.begin(name)
    replay.wait_for(200)
    process.send_signal(signal.SIGINT)
    status, err = replay.end(process)
    if status != 130 or "goes on from here" not in err:
        raise run.Unmet("expected a clean stop with 130, came %d: %s" % (status, err))
    reached = replay.sequence()
    for further in (100, 250):
        process = replay.begin(name)
        replay.wait_for(reached + further)
        replay.server.stop(signal.SIGKILL)
        process.send_signal(signal.SIGINT)  # do not wait for a server that is gone
        status, err = replay.end(process)
        if status == 0:
            raise run.Unmet("expected a failure without a server, came 0")
        replay.server.start()


def replay_real(build, path, count):
    if not os.path.exists(path):
        print("skipped: %s is not here" % path)
        return 77
    with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
        text = "".join(itertools.islice(file, count + 1))
    wanted, rejects = truth(text)
    replay = Replay(build)
    try:
        with open(replay.path("year.csv"), "w", encoding="utf-8", newline="") as file:
            file.write(text)
        replay.check("the first %d lines" % count, "year.csv", wanted, rejects)
        replay.verify()
    finally:
        replay.server.stop()
        run.shutil.rmtree(replay.server.root, ignore_errors=True)
    return 0


def main(arguments):
    try:
        if len(arguments) == 3:
            return replay_real(arguments[0], arguments[1], int(arguments[2]))
        replay_small(arguments[0])
        return 0
    except run.Unmet as unmet:
        print(unmet)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
