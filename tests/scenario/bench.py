#!/usr/bin/env python3
"""What `shopctl bench` promises: its figures, its files, its placeholders, its errors.

    bench.py BUILD_DIRECTORY

Nothing here is timed: rates are small, and what is counted does not depend on the machine.
"""
import json
import os
import sys
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import run  # noqa: E402
import shopctl as client  # noqa: E402

USAGE = [
    ("bench", "usage: shopctl bench METHOD"),
    ("bench --rate 5", "usage: shopctl bench METHOD"),
    ("bench cart.GetCart id=x", "bench needs --rate R"),
    ("bench cart.GetCart --rate", "--rate needs R[,R2...]"),
    ("bench cart.GetCart --rate 0", "above 0 and up to 2000000, not 0"),
    ("bench cart.GetCart --rate 10,x", "not 10,x"),
    ("bench cart.GetCart --rate " + "1," * 65 + "1", "at most 64 numbers"),
    ("bench cart.GetCart --rate 5 --duration -1", "--duration is a number of seconds above 0"),
    ("bench cart.GetCart --rate 5 --clients 1.5", "--clients is 1 to 1024 connections, not 1.5"),
    ("bench cart.GetCart --rate 5 --speed 3", "bench has no option --speed"),
]
REFUSED = [
    ("bench cart.GetCrt --rate 5", 76, "did you mean cart.GetCart?"),
    ("bench cart.GetCart idd=x --rate 5", 67, "the nearest is id"),
    ("bench cart.GetCart id={line} --rate 5", 67, "{line} needs --data FILE"),
    ("bench cart.GetCart id={line} --rate 5 --data /none", 67, "/none: No such file"),
    ("bench cart.GetCart id={line} --rate 5 --data /dev/null", 67, "/dev/null has no lines"),
    ("bench cart.AddCartLines lines[0].quantity={n}x --rate 5", 67, "lines[0].quantity"),
    ("bench cart.AddCartLines -d @/none --rate 5", 67, "/none: No such file"),
]


class Bench:
    def __init__(self, server):
        self.server = server
        self.shopctl = client.Shopctl(server)

    def path(self, name, text=None):
        path = os.path.join(self.server.root, name)
        if text is not None:
            with open(path, "w") as file:
                file.write(text)
        return path

    def steps(self, words, status=0):
        result = self.shopctl(words)
        client.check(" ".join(words), result, status)
        return [json.loads(line) for line in result.stdout.splitlines()]


def expect(what, found, wanted):
    if found != wanted:
        client.FAILURES.append(what)
        print("%s: expected %r, came %r" % (what, wanted, found))


def reasons(step):
    return {f["reason"]: f["count"] for f in step["failures"]}


def check_figures(bench):
    """Every call is offered, started and answered once; files say the same as the lines."""
    names = [bench.path("bench." + kind) for kind in ("json", "svg", "hgrm")]
    steps = bench.steps(["bench", "governance.CheckHealth", "--rate", "50,200", "--duration", "0.5",
                         "--clients", "3", "--json", names[0], "--svg", names[1],
                         "--histogram", names[2]])
    expect("calls", [(s["rate"], s["offered"], s["started"], s["good"]) for s in steps],
           [(50, 25, 25, 25), (200, 100, 100, 100)])
    for step in steps:
        found = step["latency_ms"]
        ordered = [found[k] for k in ("p50", "p90", "p99", "p99.9", "max")]
        expect("percentiles in order", ordered, sorted(ordered))
    with open(names[0]) as file:
        written = json.load(file)
    expect("the JSON file", (written["method"], written["clients"], written["steps"]),
           ("governance.CheckHealth", 3, steps))
    for step in steps:
        with open("%s.%d" % (names[2], step["rate"])) as file:
            lines = file.read().splitlines()
        expect("the histogram", lines[-4].split()[1:], ["1.000000000000", str(step["good"])])
    root = xml.etree.ElementTree.parse(names[1]).getroot()
    lines = [e for e in root if e.tag.endswith("polyline")]
    expect("lines of the plot", [len(e.get("points").split()) for e in lines], [2, 2, 2, 2])


def check_placeholders(bench):
    """{n} counts, {line} goes around, {1} and {2} are its parts, and a token may be one."""
    with open(bench.shopctl.token_file) as file:
        token = file.read().strip()
    data = bench.path("lines", "a\t%s\n\nb\tnobody\n" % token)
    one = ["--rate", "40", "--duration", "0.25", "--data", data]
    step, = bench.steps(["bench", "governance.WhoAmI", "--call-token", "{2}"] + one)
    expect("tokens in turn", (step["good"], reasons(step)), (5, {"TOKEN_UNKNOWN": 5}))
    made = bench.shopctl(["--token-file", bench.shopctl.token_file, "bench", "catalog.CreateProduct",
                          "-d", '{"product":{"external_id":"{1}-{n}","brand":"{line}"}}',
                          "--rate", "40", "--duration", "0.25",
                          "--data", bench.path("names", "a\nb\n")])
    client.check("products", made, 0, '"good":10')
    page = json.loads(bench.shopctl(
        ["--token-file", bench.shopctl.token_file, "catalog.ListProducts"]).stdout)
    expect("their names", sorted(p["external_id"] for p in page["products"]),
           sorted("%s-%d" % ("ab"[(n - 1) % 2], n) for n in range(1, 11)))
    file = bench.path("body", '{"product":{"external_id":"f{n}"}}')
    step, = bench.steps(["--token-file", bench.shopctl.token_file, "bench", "catalog.CreateProduct",
                         "-d", "@" + file, "--rate", "40", "--duration", "0.1"])
    expect("a file with placeholders", step["good"], 4)


def check_failures(bench):
    """Answers that are errors are counted by reason and are no latency; all of them is a failure."""
    step, = bench.steps(["bench", "catalog.GetProduct", "id=x{n}", "--rate", "50", "--duration", "0.2"], 69)
    expect("refused", (step["good"], step["latency_ms"]["max"], reasons(step)),
           (0, 0, {"PRODUCT_NOT_FOUND": 10}))
    text = bench.shopctl("--output text bench catalog.GetProduct id=x --rate 50 --duration 0.1")
    client.check("refused, as text", text, 69, "5 NOT_FOUND PRODUCT_NOT_FOUND: no such product: x")
    away = bench.shopctl("--server tcp://127.0.0.1:1 --timeout 200 bench governance.CheckHealth "
                         "--rate 20 --duration 0.1")
    client.check("no server", away, 78 if "UNAVAILABLE" in away.stdout else 68, '"good":0')
    full = bench.shopctl("bench governance.CheckHealth --rate 10 --duration 0.1 --svg /none/x")
    client.check("a file that cannot be", full, 2, err="/none/x: No such file")


def main(build):
    server = run.Server(build)
    try:
        server.start()
        bench = Bench(server)
        for words, err in USAGE:
            client.check(words[:60], bench.shopctl(words), 2, err=err)
        for words, status, err in REFUSED:
            client.check(words[:60], bench.shopctl(words), status, err=err)
        check_figures(bench)
        check_placeholders(bench)
        check_failures(bench)
    finally:
        server.stop()
        run.shutil.rmtree(server.root, ignore_errors=True)
    print("%d failures" % len(client.FAILURES))
    return 1 if client.FAILURES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
