#!/usr/bin/env python3
"""What becomes of a server that is offered more than it can do.

    overload.py BUILD_DIRECTORY [--seconds S] [--out DIRECTORY]

Finds the most that the server answers of one method, then offers parts and multiples of that, open
loop (`shopctl bench`). In the end the peak and twice the peak take turns, five each, and the medians
of goodput and of the p99 of what was answered are printed. Writes are AddCartLines on carts of 64
guests over 64 connections; reads are GetProduct over one, for there is no queue of reads but the
channel's own. Limits of callers are off: the queue alone decides. With --out, a plot and the figures
of each method are written there. Server and load share the machine, so twice the load also leaves
the server less of it.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time

GUESTS = 64
STEPS = (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2)
ROUNDS = 5
CONFIG = "[limits]\ncaller_rate = 0\nstranger_rate = 0\n[log]\nlevel = error\n"


class Shop:
    """A shopd on a directory of its own, and shopctl as its administrator."""

    def __init__(self, build):
        self.build = build
        self.root = tempfile.mkdtemp(prefix="shop-overload-")
        self.data = os.path.join(self.root, "data")
        config = os.path.join(self.root, "config")
        with open(config, "w") as file:
            file.write(CONFIG)
        self.process = subprocess.Popen([
            os.path.join(build, "shopd"), "--data", self.data, "--listen", "tcp://127.0.0.1:0",
            "--config", config], stdout=subprocess.DEVNULL)
        url = os.path.join(self.data, "shopd.url")
        while not os.path.exists(url) or os.path.getsize(url) == 0:
            if self.process.poll() is not None:
                raise SystemExit("shopd did not start")
            time.sleep(0.01)
        with open(url) as file:
            self.url = file.read().strip()

    def run(self, words, token=None):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
        environment["SHOP_SERVER"] = self.url
        if token is None:
            environment["SHOP_TOKEN_FILE"] = os.path.join(self.data, "admin.token")
        else:
            environment["SHOP_TOKEN"] = token
        result = subprocess.run([os.path.join(self.build, "shopctl")] + words,
                                capture_output=True, text=True, env=environment)
        if result.returncode != 0:
            raise SystemExit("shopctl %s: %s%s" % (words[:2], result.stdout, result.stderr))
        return [json.loads(line) for line in result.stdout.splitlines()]

    def call(self, words, token=None):
        return self.run(words.split(), token)[0]

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


def stock_up(shop):
    """One product on sale and a cart for each guest: product id, and lines of cart, variant, token."""
    prices = shop.call("catalog.CreatePriceList price_list.slug=gb price_list.currency_code=GBP "
                       "price_list.tax_included=true price_list.home_country_code=GB")["id"]
    product = shop.call("catalog.CreateProduct product.titles[0].language=en "
                        "product.titles[0].text=Tea product.tax_class=standard")["id"]
    variant = shop.call("catalog.CreateVariant variant.sku=T variant.product_id=" + product)["id"]
    shop.call("catalog.CreatePrice price.amount_minor=5 price.variant_id=%s price.price_list_id=%s"
              % (variant, prices))
    shop.call("catalog.ListProductForSale id=" + product)
    lines = []
    for _ in range(GUESTS):
        token = shop.call("membership.CreateGuest", "")["token"]
        cart = shop.call("cart.CreateCart price_list_id=" + prices, token)["id"]
        lines.append("%s\t%s\t%s\n" % (cart, variant, token))
    path = os.path.join(shop.root, "lines")
    with open(path, "w") as file:
        file.writelines(lines)
    return product, path


def load(shop, request, rates, seconds, files=()):
    return shop.run(["bench"] + request + ["--rate", ",".join("%g" % r for r in rates),
                                           "--duration", str(seconds)] + list(files))


def find_peak(shop, request, rate, seconds):
    """Doubles the rate until the server falls behind, then looks around there."""
    best, least = 0, rate / 10  # a step in which nothing was answered says nothing of the server
    while True:
        good = load(shop, request, [rate], seconds)[0]["goodput"]
        best = max(best, good)
        if good < 0.9 * rate:
            break
        rate *= 2
    steps = load(shop, request, [max(best, least) * part for part in (0.9, 1.1, 1.3)], seconds)
    return max([best, 1] + [step["goodput"] for step in steps])


def report(name, steps):
    print(name)
    print("%10s %10s %10s %10s %10s  refused or failed" % ("offered/s", "good/s", "p50 ms", "p99 ms",
                                                        "max ms"))
    for step in steps:
        times = step["latency_ms"]
        print("%10.0f %10.0f %10.2f %10.2f %10.2f  %s" % (
            step["rate"], step["goodput"], times["p50"], times["p99"], times["max"],
            ", ".join("%d %s" % (f["count"], f["reason"]) for f in step["failures"])))


def compare(steps):
    """Of steps that took turns: at the peak, at twice the peak."""
    good = [statistics.median(s["goodput"] for s in steps[i::2]) for i in (0, 1)]
    late = [statistics.median(s["latency_ms"]["p99"] for s in steps[i::2]) for i in (0, 1)]
    print("at the peak: %.0f/s, p99 %.0f ms" % (good[0], late[0]))
    print("at twice the peak: %.0f %%, %.0f/s, p99 %.0f ms\n" % (
        100 * good[1] / max(good[0], 1), good[1], late[1]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--out")
    options = parser.parse_args()
    shop = Shop(options.build)
    try:
        product, lines = stock_up(shop)
        methods = (
            ("AddCartLines", 1000, [
                "cart.AddCartLines", "cart_id={1}", "lines[0].variant_id={2}", "lines[0].quantity=1",
                "--call-token", "{3}", "--data", lines, "--clients", str(GUESTS)]),
            ("GetProduct", 50000, ["catalog.GetProduct", "id=" + product, "--clients", "1"]),
        )
        for name, rate, request in methods:
            peak = find_peak(shop, request, rate, options.seconds / 3)
            files = []
            if options.out:
                path = os.path.join(options.out, name)
                files = ["--svg", path + ".svg", "--json", path + ".json"]
            report(name, load(
                shop, request, [peak * part for part in STEPS], options.seconds / 2, files))
            compare(load(shop, request, [peak, 2 * peak] * ROUNDS, options.seconds / 2))
    finally:
        shop.close()


if __name__ == "__main__":
    main()
