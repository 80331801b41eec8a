#!/usr/bin/env python3
"""A server that is asked for more than it gives: who is refused, who is not, and that it ends.

    overload.py BUILD_DIRECTORY

Limits are small and nothing is timed; a busy machine starts many calls too late to count.
tests/unit/server/test_gate.c has the cases one by one; here
they go over the wire, and come back as what the client library makes of them.
"""
import json
import os
import sys
import time
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import run  # noqa: E402
import shopctl as client  # noqa: E402

CONFIG = """[limits]
caller_rate = 20
caller_burst = 200
stranger_rate = 200
stranger_burst = 400
stranger_waits = 3
address_connections = 40
"""


def expect(what, holds, came):
    if not holds:
        client.FAILURES.append(what)
        print("%s: came %s" % (what, came))


class Shop:
    def __init__(self, server):
        self.shopctl = client.Shopctl(server)
        self.server = server

    def call(self, words, token=""):
        result = self.shopctl(words.split(), SHOP_TOKEN=token)
        client.check(words, result, 0)
        return json.loads(result.stdout)

    def bench(self, words, token="", **more):
        """The only step of a load: good answers, and failures by reason."""
        result = self.shopctl(["bench"] + words.split(), SHOP_TOKEN=token)
        step = json.loads(result.stdout)
        return step["good"], {f["reason"]: f["count"] for f in step["failures"]}

    def metric(self, limit):
        with open(os.path.join(self.server.data, "admin.url")) as file:
            text = urllib.request.urlopen(file.read().strip() + "/metrics").read().decode()
        name = 'shop_refused_calls_total{limit="%s"} ' % limit
        return int([line for line in text.splitlines() if line.startswith(name)][0].split()[1])


def check_callers(shop):
    """One asks for too much; another, nobody and the administrator do not feel it."""
    ann, bob = (shop.call("membership.CreateGuest")["token"] for _ in range(2))
    for token in (ann, bob):
        shop.call("governance.WhoAmI", token)
    good, failures = shop.bench("governance.WhoAmI --rate 3000 --duration 0.2", ann)
    expect("too much", 200 <= good < 400 and list(failures) == ["RATE_LIMITED"], (good, failures))
    expect("counted", shop.metric("caller_rate") == failures.get("RATE_LIMITED"), failures)
    good, failures = shop.bench("governance.WhoAmI --rate 400 --duration 0.2", bob)
    expect("another", good > 10 and failures == {}, (good, failures))
    with open(shop.shopctl.token_file) as file:
        root = file.read().strip()
    shop.call("governance.WhoAmI", root)
    good, failures = shop.bench("governance.WhoAmI --rate 3000 --duration 0.2", root)
    expect("the administrator", good > 220 and failures == {}, (good, failures))
    # The client library waits as long as it is told to, and calls again.
    shop.bench("governance.WhoAmI --rate 3000 --duration 0.1", ann)
    before = shop.metric("caller_rate")
    made = shop.call("membership.CreateGuest", ann)
    expect("after a while", "token" in made and shop.metric("caller_rate") > before, before)


def check_strangers(shop):
    """An address without a token, or with made-up ones, spends what it has; health is free."""
    good, failures = shop.bench("governance.WhoAmI --rate 3000 --duration 0.3", "made-up")
    expect("made-up tokens", good == 0 and failures.get("RATE_LIMITED", 0) > 100, failures)
    good, failures = shop.bench("governance.CheckHealth --rate 1000 --duration 0.5")
    expect("health", good > 50 and failures == {}, (good, failures))
    good, failures = shop.bench(
        "governance.WatchHealth state=HEALTH_STATE_SERVING wait_ms=300 --rate 50 --duration 0.1")
    expect("waiting", good == 3 and failures == {"TOO_MANY_WAITS": 2}, (good, failures))


def check_connections(shop):
    good, failures = shop.bench(
        "governance.CheckHealth --clients 60 --rate 60 --duration 1")
    expect("connections of an address", 40 <= good < 60 and failures, (good, failures))


def check_log(shop):
    """A flood of refusals is a line now and then, and names nobody."""
    with open(os.path.join(shop.server.root, "log")) as file:
        lines = [json.loads(line) for line in file if line.startswith("{")]
    told = [line for line in lines if line.get("event") == "calls_refused"]
    expect("the log tells", 0 < len(told) < 30, len(told))
    expect("and does not flood", not [line for line in lines if line.get("reason") in (
        "RATE_LIMITED", "TOO_MANY_WAITS")], "")


def main(build):
    server = run.Server(build, ["--admin", "127.0.0.1:0"])
    config = os.path.join(server.root, "config")
    with open(config, "w") as file:
        file.write(CONFIG)
    server.arguments += ["--config", config]
    try:
        server.start()
        shop = Shop(server)
        check_callers(shop)
        time.sleep(0.5)
        check_strangers(shop)
        time.sleep(0.5)
        check_connections(shop)
        check_log(shop)
    finally:
        server.stop()
        run.shutil.rmtree(server.root, ignore_errors=True)
    print("%d failures" % len(client.FAILURES))
    return 1 if client.FAILURES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
