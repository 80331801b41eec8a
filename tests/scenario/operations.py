#!/usr/bin/env python3
"""What those who run the shop rely on: metrics, probes, the notes to the service manager, the log
of slow calls, and that the files in tools/ops speak of things that are there.

    operations.py BUILD_DIRECTORY OPS_DIRECTORY
"""
import http.client
import glob
import json
import os
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import run  # noqa: E402

CONNECTIONS_MAX = 32
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})?'
                    r' (\+Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"')
FAILURES = []


def check(what, holds, came=""):
    if not holds:
        FAILURES.append(what)
        print("%s%s" % (what, ": came %s" % (came,) if came != "" else ""))


class Broken(Exception):
    """A line of a scrape that the format does not have."""


def parse(text):
    """Samples by (name, labels), strictly: a family is HELP, TYPE, then its samples, once."""
    samples, types, family = {}, {}, None
    if not text.endswith("\n"):
        raise Broken("no end of line at the end")
    lines = text.split("\n")[:-1]
    for number, line in enumerate(lines):
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            if family in types or not lines[number + 1].startswith("# TYPE %s " % family):
                raise Broken(line)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            if name != family or kind not in ("counter", "gauge", "histogram"):
                raise Broken(line)
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            if not match:
                raise Broken(line)
            name, labels = match[1], tuple(LABEL.findall(match[2] or ""))
            base = re.sub("_(bucket|sum|count)$", "", name)
            named = base if types.get(base) == "histogram" else name
            if named != family or (name, labels) in samples:
                raise Broken(line)
            if types[family] == "counter" and not name.endswith("_total"):
                raise Broken(line)
            samples[name, labels] = float(match[3])
    check_histograms(samples, types)
    return samples


def check_histograms(samples, types):
    series = {}
    for (name, labels), value in samples.items():
        base = re.sub("_bucket$", "", name)
        if name.endswith("_bucket") and types.get(base) == "histogram":
            rest = tuple(l for l in labels if l[0] != "le")
            series.setdefault((base, rest), []).append((float(dict(labels)["le"]), value))
    for (base, rest), buckets in series.items():
        values = [v for _, v in sorted(buckets)]
        if values != sorted(values) or buckets != sorted(buckets):
            raise Broken("%s falls" % base)
        if buckets[-1][0] != float("inf") or values[-1] != samples[base + "_count", rest]:
            raise Broken("%s has another count than its last bucket" % base)


PARSES_NOT = [
    "shop_x 1\n", "# HELP shop_x X.\nshop_x 1\n", "# HELP x X.\n# TYPE x gauge\nx 1",
    "# HELP x X.\n# TYPE x gauge\nx 1\nx 2\n", "# HELP x X.\n# TYPE x gauge\nx one\n",
    "# HELP x X.\n# TYPE x gauge\nx{a=b} 1\n", "# HELP x X.\n# TYPE x counter\nx 1\n",
    '# HELP x X.\n# TYPE x gauge\nx{a="\n"} 1\n', "# HELP x X.\n# TYPE x gauge\ny 1\n",
    '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
    '# HELP h H.\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 2\nh_sum 1\nh_count 1\n',
]


def parser_is_awake():
    for text in PARSES_NOT:
        try:
            parse(text)
            check("the parser lets pass %r" % text, False)
        except Broken:
            pass


class Port:
    def __init__(self, server):
        with open(os.path.join(server.data, "admin.url")) as file:
            self.url = file.read().strip()
        self.host, self.port = re.fullmatch(r"http://(127\.0\.0\.1):(\d+)", self.url).groups()

    def ask(self, path, method="GET", body=None, headers={}):
        connection = http.client.HTTPConnection(self.host, int(self.port), timeout=10)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text

    def scrape(self):
        answer, text = self.ask("/metrics")
        check("the type of /metrics", answer.getheader("Content-Type") ==
              "text/plain; version=0.0.4; charset=utf-8", answer.getheader("Content-Type"))
        return parse(text)


def shopctl(server, *words, token=""):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
    environment.update(SHOP_SERVER=server.url, SHOP_TOKEN=token)
    return subprocess.run([os.path.join(server.build, "shopctl"), "--output", "json", *words],
                          capture_output=True, text=True, env=environment, timeout=30)


def calls(samples, method, code):
    return samples.get(("shop_calls_total", (("method", method), ("code", code))), 0)


def counters_rise(server, port):
    before = port.scrape()
    for _ in range(3):
        shopctl(server, "governance.WhoAmI")
    shopctl(server, "membership.CreateGuest")
    shopctl(server, "governance.Verify")
    after = port.scrape()
    rise = {name: after[name] - before.get(name, 0) for name in after}
    check("three reads", calls(rise, "governance.WhoAmI", "OK") == 3)
    check("one write", calls(rise, "membership.CreateGuest", "OK") == 1)
    check("one refusal", calls(rise, "governance.Verify", "UNAUTHENTICATED") == 1)
    for name, least in [("shop_commit_seconds_count", 1), ("shop_group_calls_sum", 1),
                        ("shop_sequence", 1), ("shop_messages_total", 5)]:
        check("%s rises" % name, rise[name, ()] >= least, rise[name, ()])
    check("the lane of reads", rise["shop_call_seconds_count", (("lane", "read"),)] == 3)
    check("the lane of writes", rise["shop_call_seconds_count", (("lane", "write"),)] >= 1)
    check("time passed", rise["shop_call_seconds_sum", (("lane", "write"),)] > 0)
    check("the store has bytes", after["shop_store_bytes", ()] > 0)
    check("ready", after["shop_ready", ()] == 1)
    return after


def only_gets_are_answered(port):
    for path, wanted in [("/healthz", "alive\n"), ("/readyz", "ready\n")]:
        answer, text = port.ask(path)
        check(path, (answer.status, text) == (200, wanted), (answer.status, text))
    for path in ["/", "/metrics/", "/../admin.token", "/metrics%2f"]:
        check(path, port.ask(path)[0].status == 404)
    for method in ["POST", "PUT", "DELETE", "HEAD", "OPTIONS"]:
        answer, _ = port.ask("/metrics", method)
        check(method, (answer.status, answer.getheader("Allow")) == (405, "GET"), answer.status)
    check("a body", port.ask("/metrics", "GET", "x=1")[0].status == 400)
    check("a body in pieces", port.ask("/metrics", "GET", None,
                                       {"Transfer-Encoding": "chunked"})[0].status == 400)
    check("a long path", port.ask("/" + "x" * 100000)[0].status in (404, 414, 431))


def connections_are_bounded(port):
    """More than fit hold on to theirs and say nothing; once they go, it answers again."""
    held = [socket.create_connection((port.host, int(port.port)), 5) for _ in range(CONNECTIONS_MAX)]
    time.sleep(0.3)
    extra = socket.create_connection((port.host, int(port.port)), 5)
    extra.settimeout(2)
    try:
        extra.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        check("one connection too many is not served", extra.recv(100) == b"")
    except (socket.timeout, ConnectionError):
        pass
    elsewhere = http.client.HTTPConnection(port.host, int(port.port), 5, ("127.0.0.2", 0))
    try:
        elsewhere.request("GET", "/healthz")
        check("another address is served", elsewhere.getresponse().status == 200)
    except OSError as fault:
        check("another address is served", False, fault)
    elsewhere.close()
    for connection in held + [extra]:
        connection.close()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            if port.ask("/healthz")[0].status == 200:
                return
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    check("it answers again when they are gone", False)


ONLY_WITH_TLS = {"shop_certificate_expire_seconds"}  # transports.py sees it


def files_name_what_is_there(ops, samples):
    names = {re.sub("_(bucket|sum|count)$", "", n) for n, _ in samples} | {n for n, _ in samples}
    with open(os.path.join(ops, "dashboard.json")) as file:
        board = json.load(file)
    expressions = [t["expr"] for p in board["panels"] for t in p["targets"]]
    with open(os.path.join(ops, "alerts.yml")) as file:
        alerts = file.read()
    rules = re.findall(r"^        expr: (.*)$", alerts, re.M)
    check("every alert has an expression", len(rules) == alerts.count("- alert:") > 10, len(rules))
    seen = set()
    for expression in expressions + rules:
        check("brackets of %s" % expression, all(
            expression.count(a) == expression.count(b) for a, b in ("()", "[]", "{}")))
        for name in re.findall(r"\bshop_\w+", re.sub(r'"[^"]*"', "", expression)):
            seen.add(name)
            check("%s is no metric" % name, name in names | ONLY_WITH_TLS)
        for label in re.findall(r'[{,](\w+)(?:=~|!=|=)"', expression):
            check("%s is no label" % label, label == "job" or any(
                label in dict(labels) for _, labels in samples))
    check("they name metrics", len(seen) > 15, len(seen))


def unit_fits_the_program(server, ops):
    with open(os.path.join(ops, "shopd.service")) as file:
        unit = dict(re.findall(r"^(\w+)=(.*)$", file.read(), re.M))
    told = subprocess.run([os.path.join(server.build, "shopd"), "--help"], capture_output=True,
                          text=True, timeout=30).stdout
    for flag in re.findall(r"--\w+", unit["ExecStart"]):
        check("the unit's %s" % flag, "  %s " % flag in told)
    for key, value in [("Type", "notify"), ("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"),
                       ("MemoryDenyWriteExecute", "yes"), ("StateDirectory", "shop"),
                       ("SystemCallFilter", "setpriority sched_setaffinity")]:
        check("the unit's %s" % key, unit.get(key) == value, unit.get(key))
    data = re.search(r"--data (\S+)", unit["ExecStart"])[1]
    check("a backup finds room beside the data", os.path.dirname(data) == "/var/lib/shop", data)
    check("the unit's watchdog", int(unit["WatchdogSec"]) >= 10)


def manager_takes_the_unit(server, ops):
    """As systemd itself judges it, where it is there to ask."""
    analyze = run.shutil.which("systemd-analyze")
    if analyze is None:
        print("systemd-analyze is not there: it was not asked about the unit")
        return
    path = os.path.join(server.root, "shopd.service")
    with open(os.path.join(ops, "shopd.service")) as file:
        unit = file.read()
    with open(path, "w") as file:
        file.write(unit.replace("/usr/local/bin", server.build))
    judged = subprocess.run([analyze, "verify", path], capture_output=True, text=True, timeout=60)
    check("the unit is well formed", judged.returncode == 0 and judged.stderr == "", judged.stderr)
    judged = subprocess.run([analyze, "security", "--offline=true", "--threshold=20", path],
                            capture_output=True, text=True, timeout=60)
    check("the unit's exposure is at most 2.0", judged.returncode == 0, judged.stdout[-200:])


def niceness_of(path):
    with open(path) as file:
        return int(file.read().rsplit(")", 1)[1].split()[16])


def reads_go_before_writes(server):
    """And passwords after both."""
    process = "/proc/%d" % server.process.pid
    own = niceness_of("%s/stat" % process)
    steps = [niceness_of(task) - own for task in glob.glob("%s/task/*/stat" % process)]
    check("threads of passwords step back", steps.count(12) > 0, steps)
    check("writer, log and checkpointer do, a little less", steps.count(10) == 3, steps)


def writer_keeps_to_a_processor(server):
    """For nearly all of each second."""
    if len(os.sched_getaffinity(server.process.pid)) < 2:
        print("there is one processor to keep to")
        return
    until, kept = time.monotonic() + 10, 0
    while kept != 1 and time.monotonic() < until:
        tasks = os.listdir("/proc/%d/task" % server.process.pid)
        kept = sum(len(os.sched_getaffinity(int(task))) == 1 for task in tasks)
        time.sleep(0.05)
    check("one thread keeps to a processor", kept == 1, kept)


def receive_until(listener, wanted):
    """Messages up to the one that begins so."""
    came, until = [], time.monotonic() + 20
    while time.monotonic() < until:
        try:
            came.append(listener.recv(4096).decode())
        except socket.timeout:
            continue
        if came[-1].startswith(wanted):
            return came
    check("%s is said" % wanted, False, came)
    return came


def manager_is_told(build, name):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    server = run.Server(build)
    path = "@shop-%d" % os.getpid() if name == "@" else os.path.join(server.root, name)
    listener.bind(path.replace("@", "\0"))
    listener.settimeout(1)
    os.environ.update(NOTIFY_SOCKET=path, WATCHDOG_USEC="600000")
    try:
        server.start()
        ready = receive_until(listener, "READY=1")
        check("ready comes first", len(ready) == 1, ready)
        check("where it listens", server.url in ready[0], ready)
        begun = time.monotonic()
        receive_until(listener, "WATCHDOG=1")
        receive_until(listener, "WATCHDOG=1")
        check("signs of life are not sent all the time", time.monotonic() - begun > 0.25)
        check("it stops as asked", server.stop() == 0)
        receive_until(listener, "STOPPING=1")
    finally:
        del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
        server.stop()
        run.shutil.rmtree(server.root, ignore_errors=True)
        listener.close()


def memory_mib(server, which):
    with open("/proc/%d/status" % server.process.pid) as file:
        return [int(line.split()[1]) for line in file if line.startswith(which + ":")][0] / 1024


def passwords_take_what_is_configured(build):
    """Its memory may have been given back when the call has ended."""
    for mib in (19, 64):
        server = run.Server(build)
        server.configure("[limits]\npassword_mib = %d\n" % mib)
        try:
            server.start()
            shopctl(server, "membership.CreateGuest")
            before = memory_mib(server, "VmRSS")
            shopctl(server, "membership.SignUp", "email=a@example.com", "password=correct-horse-1")
            more = memory_mib(server, "VmHWM") - before
            check("a password takes %d MiB" % mib, (more > 60) == (mib == 64), more)
        finally:
            server.stop()
            run.shutil.rmtree(server.root, ignore_errors=True)


def slow_calls_tell_where_the_time_went(server):
    shopctl(server, "membership.SignUp", "email=a@example.com", "password=correct-horse-1")
    shopctl(server, "membership.CreateGuest")
    lines = []
    with open(os.path.join(server.root, "log")) as file:
        for line in file:
            if line.startswith("{"):
                lines.append(json.loads(line))
    slow = [l for l in lines if l["event"] == "slow_call"]
    check("hashing a password is slow", any(
        l["method"] == "membership.SignUp" and l["ran_us"] >= 1000 for l in slow), slow)
    check("a commit is waited for", any(l["committed_us"] > 0 for l in slow), slow)
    for l in slow:
        parts = l["queued_us"] + l["ran_us"] + l["committed_us"]
        check("the parts are the whole", parts == l["us"] and min(
            l["queued_us"], l["ran_us"], l["committed_us"]) >= 0, l)
        check("slow is slow", l["us"] > 1000, l)
    check("what is not slow is logged without", not any(
        "queued_us" in l for l in lines if l["event"] == "call"))


def draining_ends_the_server(server, port):
    with open(os.path.join(server.data, "admin.token")) as file:
        token = file.read().strip()
    check("drain", shopctl(server, "governance.DrainServer", token=token).returncode == 0)
    check("it ends by itself", server.process.wait(20) == 0)
    for name in ["shopd.url", "admin.url"]:
        check("%s is gone" % name, not os.path.exists(os.path.join(server.data, name)))
    server.process = None
    try:
        port.ask("/healthz")
        check("the port is closed", False)
    except OSError:
        pass


def main(build, ops):
    parser_is_awake()
    server = run.Server(build)
    config = os.path.join(server.root, "shopd.conf")
    with open(config, "w") as file:
        file.write("[admin]\nlisten = 127.0.0.1:0\n[log]\nslow_ms = 1\n")
    server.arguments += ["--config", config]
    try:
        server.start()
        until = time.monotonic() + 10
        while not os.path.exists(os.path.join(server.data, "admin.url")):
            if time.monotonic() > until:
                raise run.Unmet("there is no admin.url")
            time.sleep(0.01)
        port = Port(server)
        while port.ask("/readyz")[0].status != 200 and time.monotonic() < until:
            time.sleep(0.01)
        samples = counters_rise(server, port)
        files_name_what_is_there(ops, samples)
        unit_fits_the_program(server, ops)
        manager_takes_the_unit(server, ops)
        reads_go_before_writes(server)
        writer_keeps_to_a_processor(server)
        only_gets_are_answered(port)
        connections_are_bounded(port)
        slow_calls_tell_where_the_time_went(server)
        draining_ends_the_server(server, port)
    finally:
        server.stop()
        if FAILURES:
            print(server.log_tail())
        run.shutil.rmtree(server.root, ignore_errors=True)
    passwords_take_what_is_configured(build)
    for name in ["notify.socket", "@"]:
        manager_is_told(build, name)
    print("%d failures" % len(FAILURES))
    return 1 if FAILURES else 0


sys.exit(main(*sys.argv[1:]))
