#!/usr/bin/env python3
"""What shopctl promises by itself: how a request is given, what is printed, what it exits with.

    shopctl.py BUILD_DIRECTORY

The scenarios call through it all the time; here is what they do not touch.
"""
import json
import os
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import run  # noqa: E402

FAILURES = []


class Shopctl:
    def __init__(self, server):
        self.server = server
        self.program = os.path.join(server.build, "shopctl")
        self.token_file = os.path.join(server.data, "admin.token")
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
        self.environment.update(SHOP_SERVER=server.url)

    def __call__(self, words, stdin="", **environment):
        return subprocess.run(
            [self.program] + (shlex.split(words) if isinstance(words, str) else words),
            input=stdin, capture_output=True, text=True, timeout=30,
            env=dict(self.environment, **environment))

    def run(self, words, stdout, **environment):
        return subprocess.run([self.program] + words, stdout=stdout, stderr=subprocess.DEVNULL,
                              timeout=30, env=dict(self.environment, **environment)).returncode


def check(what, result, status, out="", err=""):
    """The status is exact; out and err must be found in what was printed."""
    if result.returncode == status and out in result.stdout and err in result.stderr:
        return
    FAILURES.append(what)
    print("%s: expected %d with %r and %r, came %d\n  out: %s\n  err: %s" % (
        what, status, out, err, result.returncode, result.stdout[:600], result.stderr[:600]))


# What is typed, the exit status, what is found in the output and among the errors. Without a token.
CASES = [
    ("", 2, "", "no method and no command"),
    ("--nope", 2, "", "--nope"),
    ("--output xml list", 2, "", "--output is text or json, not xml"),
    ("--timeout 0 list", 2, "", "--timeout is 1 to 3600000"),
    ("--timeout 5s list", 2, "", "not 5s"),
    ("--hedge 0 list", 2, "", "--hedge is 1 to 3600000"),
    ("--hedge 50 list governance.CheckHealth", 0, "governance.CheckHealth", ""),
    ("--token-file /nonexistent list", 2, "", "/nonexistent"),
    ("--help", 0, "exit status: 0, or 64 + the gRPC code", ""),
    ("--version", 0, "shopctl ", ""),
    # Lists and documentation come from the contract.
    ("list cart", 0, "cart.AddCartLines\ncart.ClearCart\n", ""),
    ("--output text list cart.Get", 0, "One cart with its lines", ""),
    ("list nothing", 69, "", "no method begins with nothing"),
    ("describe cart.GetCart", 0, "lane READ; for GUEST (own rows)", ""),
    ("describe checkout.PlaceOrder", 0, "string fingerprint, required", ""),
    ("describe OrderState", 0, "ORDER_STATE_EXPIRED\n      Not paid in time. Final.", ""),
    ("describe PostalAddress", 0, "string country_code, required", ""),
    ("describe", 2, "", "usage: shopctl describe"),
    ("describe cart.GetCrt", 69, "", "did you mean cart.GetCart?"),
    # The same, from the server's own words.
    ("list --from-server cart", 0, "cart.AddCartLines\ncart.ClearCart\n", ""),
    ("--output text list --from-server cart.Get", 0, "One cart with its lines", ""),
    ("list --from-server nothing", 69, "", "no method of the server begins with nothing"),
    ("describe --from-server checkout.PlaceOrder", 0,
     "message PlaceOrderRequest\n  string cart_id\n", ""),
    ("describe --from-server cart.AddCartLines", 0, "  repeated AddCartLine lines\n", ""),
    ("describe --from-server Order", 0, "  OrderState state\n", ""),
    ("describe --from-server OrderState", 0, "  ORDER_STATE_EXPIRED\n", ""),
    ("describe --from-server Session", 69, "", "the server has no Session"),
    ("describe --from-server cart.GetCrt", 69, "", "the server has no cart.GetCrt"),
    ("--server tcp://127.0.0.1:1 --timeout 500 list --from-server", 78, "", "UNAVAILABLE"),
    ("template cart.GetCart", 0, '{"id":""}', ""),
    ("template cart.GetCrt", 76, "", "did you mean cart.GetCart?"),
    # Misspelt words give the nearest.
    ("catalog.SerchProducts query=x", 76, "", "did you mean catalog.SearchProducts?"),
    ("verfy", 76, "", "no method or command verfy"),
    ("catalog.SearchProducts qury=x", 67, "", "the nearest is query"),
    ("""catalog.SearchProducts -d '{"qury":"x"}'""", 67, "", "the nearest is query"),
    ("cart.AddCartLines lines[0].quantty=1", 67, "", '"field":"lines[0].quantty"'),
    ("catalog.ListProducts state=PRODUCT_STATE_LISTE", 67, "", "PRODUCT_STATE_LISTED"),
    ("catalog.SearchProducts query", 67, "", "neither name=value nor -d JSON"),
    ("catalog.SearchProducts query=tea -v", 67, "", "options come before the method"),
    ("catalog.SearchProducts --output=json", 67, "", "options come before the method"),
    ("catalog.SearchProducts query=x page_size=many", 67, "", '"field":"page_size"'),
    ("cart.AddCartLines lines[5].quantity=1", 67, "", '"field":"lines[5]'),
    # JSON.
    ("""catalog.SearchProducts -d '{"query":"x"'""", 67, "", "BAD_JSON"),
    ("catalog.SearchProducts -d", 67, "", "-d needs JSON"),
    ("catalog.SearchProducts -d @/nonexistent", 67, "", "/nonexistent"),
    ("""catalog.SearchProducts -d '{"query":"x"}'""", 0, "{}", ""),
    ("""catalog.SearchProducts -d '{"query":""}' query=y""", 0, "{}", ""),
    # Codes of the server and of the way there.
    ("catalog.SearchProducts", 67, "", '"reason":"REQUIRED"'),
    ("governance.Verify", 80, "", '"code":"UNAUTHENTICATED"'),
    ("verify", 80, "", "TOKEN_MISSING"),
    ("catalog.GetProduct id=none", 69, "", '"code":"NOT_FOUND"'),
    ("--output text catalog.GetProduct id=none", 69, "", "NOT_FOUND PRODUCT_NOT_FOUND: "),
    ("--server tcp://127.0.0.1:1 --timeout 500 governance.GetServerInfo", 78, "", "UNAVAILABLE"),
    ("--server banana governance.GetServerInfo", 67, "", "BAD_URL"),
    ("-v governance.GetServerInfo", 0, "shopd", "governance.GetServerInfo 0 bytes out"),
    ("-v governance.GetServerInfo", 0, "shopd", "server-timing queued;dur="),
    ("-v governance.GetServerInfo", 0, "shopd", "traceparent 00-"),
    ("-v --traceparent 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 "
     "governance.GetServerInfo", 0, "shopd", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"),
    ("export", 2, "", "usage: shopctl export"),
    ("export governance.ListServiceKeys --cursor", 2, "", "--cursor needs a file"),
    ("export governance.ListServiceKeys --field", 2, "", "--field needs a name"),
    ("export privacy.ExportMember member_id=x", 2, "", "--field names a text of its pages"),
    ("export privacy.ExportMember --field row_count", 2, "", "answers no text row_count"),
    ("export cart.GetCart id=x", 2, "", "cart.GetCart has no pages"),
    ("export cart.GetCrt", 76, "", "did you mean cart.GetCart?"),
    ("export governance.ListServiceKeys page_siz=2", 67, "", "the nearest is page_size"),
    ("--traceparent 00-4bf92f list", 2, "", "00-4bf92f is not a W3C traceparent"),
    ("replay", 2, "", "usage: shopctl replay"),
    ("replay /nonexistent", 67, "", "/nonexistent"),
    ("completion fish", 2, "", "usage: shopctl completion bash"),
]


def check_lists(shopctl):
    """A server of this version has what this program has, but for what is the shop's own."""
    here = shopctl("list").stdout.split()
    there = shopctl("list --from-server").stdout.split()
    own = [m for m in here if "for SYSTEM" in shopctl("describe " + m).stdout]
    if not own or sorted(there + own) != here:
        FAILURES.append("the lists differ")
        print("lists differ: %s" % sorted(set(here) ^ set(there + own)))


def check_requests(shopctl):
    """Nested and repeated fields, and the same request in every way there is to give one."""
    admin = ["--token-file", shopctl.token_file]
    made = shopctl(admin + shlex.split(
        "catalog.CreateProduct product.brand=Kiln product.titles[0].language=en "
        "product.titles[0].text='Tea, for \"two\"' product.titles[1].language=zh "
        "product.titles[1].text=双人茶 product.external_id=one"))
    check("nested and repeated", made, 0, '"text":"双人茶"')
    product = json.loads(made.stdout)
    if product["titles"][0] != {"language": "en", "text": 'Tea, for "two"'}:
        FAILURES.append("quotes")
    body = json.dumps({"product": {"titles": product["titles"], "external_id": "two"}})
    name = os.path.join(shopctl.server.root, "body.json")
    with open(name, "w") as file:
        file.write(body)
    check("-d @FILE", shopctl(admin + ["catalog.CreateProduct", "-d", "@" + name]), 0, "two")
    check("-d @-", shopctl(admin + ["catalog.CreateProduct", "-d", "@-"], stdin=body), 70,
          err="PRODUCT_EXTERNAL_ID_TAKEN")
    check("-d @DIRECTORY", shopctl(["catalog.CreateProduct", "-d", "@/"]), 67, err="directory")
    check("-d @nothing", shopctl(["catalog.CreateProduct", "-d", "@/none"]), 67, err="/none: No such")
    check("-d of too much", shopctl(["catalog.CreateProduct", "-d", "@-"], stdin=" " * 4200000), 67,
          err="holds more than 4194304 bytes")
    check("fields change JSON", shopctl(
        admin + ["catalog.CreateProduct", "-d", body, "product.external_id=three"]), 0, "three")
    page = json.loads(shopctl(admin + ["catalog.ListProducts"]).stdout)
    if len(page["products"]) != 3:
        FAILURES.append("expected 3 products, came %d" % len(page["products"]))
    text = shopctl(admin + ["--output", "text", "catalog.ListProducts", "external_id=one"])
    check("text", text, 0, "    text: 双人茶\n")
    check("text names rows", text, 0, "products[0]: \n  id: " + product["id"])
    key = shopctl(admin + shlex.split(
        "governance.CreateServiceKey title=x posts[0]=POST_ANALYST posts[1]=POST_BUYER"))
    check("repeated enums", key, 0, '"posts":["POST_ANALYST","POST_BUYER"]')
    token = json.loads(key.stdout)["token"]
    check("$SHOP_TOKEN", shopctl("governance.WhoAmI", SHOP_TOKEN=token), 0, "POST_BUYER")
    check("$SHOP_TOKEN_FILE before $SHOP_TOKEN", shopctl(
        "governance.WhoAmI", SHOP_TOKEN=token, SHOP_TOKEN_FILE=shopctl.token_file), 0,
        "POST_ADMINISTRATOR")
    check("--token-file before all", shopctl(
        admin + ["governance.WhoAmI"], SHOP_TOKEN_FILE="/nonexistent"), 0,
        "administrator")
    check("a token file that is not there", shopctl(
        "governance.WhoAmI", SHOP_TOKEN_FILE="/nonexistent"), 2, err="/nonexistent")
    empty = os.path.join(shopctl.server.root, "empty")
    open(empty, "w").close()
    check("an empty token file", shopctl("governance.WhoAmI", SHOP_TOKEN_FILE=empty), 2,
          err="is empty")
    check("verify", shopctl(admin + ["--output", "text", "verify"]), 0, "no faults")
    check("verify with words", shopctl(admin + ["verify", "all"]), 2, err="takes no arguments")


def check_terminal(shopctl):
    """Nothing that a server says moves the cursor, turns the line or looks like another field."""
    admin = ["--token-file", shopctl.token_file, "--output", "text"]
    text = "\u202egnp.eno"
    made = shopctl(admin + ["catalog.CreateProduct", "-d", json.dumps(
        {"product": {"descriptions": [{"language": "en", "text": text}]}})])
    check("a line that turns", made, 0, "text: \\u202egnp.eno\n")
    refused = shopctl(admin + ["catalog.GetVariant", "-d", json.dumps({"\u001b[31m\u009b0m": 1})])
    check("escapes", refused, 67, err=" \\u001b[31m\\u009b0m is not a field")


def check_templates(shopctl):
    """Every method has a template that is JSON and a request of that method, and documentation."""
    for method in shopctl("list").stdout.split():
        made = shopctl(["template", method])
        check("template " + method, made, 0)
        json.loads(made.stdout)
        check("describe " + method, shopctl(["describe", method]), 0, "lane ")


COMPLETIONS = [
    (["cart.Get"], "cart.GetCart"),
    (["verif"], "verify"),
    (["--ser"], "--server"),
    (["cart.GetCart", "i"], "id="),
    (["--token-file", "admin.token", "cart.Clear"], "cart.ClearCart"),
    (["--token-file", "admin.token", "cart.ClearCart", "c"], "cart_id="),
    (["-v", "cart.GetCart", "id", "=", "x", "i"], "id="),
    (["cart.GetCart", "nothing"], ""),
]


def check_completion(shopctl):
    path = os.path.dirname(shopctl.program) + ":" + os.environ["PATH"]
    for words, wanted in COMPLETIONS:
        script = ('eval "$(shopctl completion bash)"; COMP_WORDS=(shopctl %s); COMP_CWORD=%d; '
                  '_shopctl 2>/dev/null; echo "${COMPREPLY[*]}"' % (
                      " ".join(shlex.quote(w) for w in words), len(words)))
        result = subprocess.run(["bash", "-c", script], capture_output=True, text=True,
                                timeout=30, env=dict(shopctl.environment, PATH=path))
        if result.stdout.strip() != wanted:
            FAILURES.append("completion")
            print("completion of %s: expected %r, came %r %s" % (
                words, wanted, result.stdout.strip(), result.stderr))


def check_export(shopctl):
    """A list to its end, a line a row; stopped after any page it goes on from its cursor."""
    token = {"SHOP_TOKEN_FILE": shopctl.token_file}
    for i in range(7):
        check("create", shopctl(["governance.CreateServiceKey", "title=key %d" % i,
                                 "posts[0]=POST_ANALYST"], **token), 0)
    rows = shopctl("export governance.ListServiceKeys page_size=2", **token)
    check("export", rows, 0)
    titles = sorted(json.loads(line)["title"] for line in rows.stdout.splitlines())
    if titles[:7] != ["key %d" % i for i in range(7)]:
        FAILURES.append("export")
        print("export: expected 7 keys, came %s" % titles)

    # The first page, then a server that has gone: the cursor stays, and a restart is survived.
    cursor = os.path.join(shopctl.server.root, "cursor")
    page = json.loads(shopctl("governance.ListServiceKeys page_size=2", **token).stdout)
    with open(cursor, "w") as file:
        file.write(page["next_page_token"] + "\n")
    shopctl.server.stop()
    words = ["export", "governance.ListServiceKeys", "page_size=2", "--cursor", cursor]
    check("export from nobody", shopctl(["--timeout", "300"] + words, **token), 78)
    shopctl.server.start()
    shopctl.environment["SHOP_SERVER"] = shopctl.server.url
    rest = shopctl(words, **token)
    check("export goes on", rest, 0)
    if rest.stdout.splitlines() != rows.stdout.splitlines()[2:]:
        FAILURES.append("export goes on")
        print("export goes on: expected all rows but 2, came\n%s" % rest.stdout)
    if os.path.exists(cursor):
        FAILURES.append("export ends")
        print("export ends: the cursor is still there")
    with open(cursor, "w") as file:
        file.write("nonsense\n")
    check("export from nonsense", shopctl(words, **token), 67, "", "BAD_PAGE_TOKEN")
    with open("/dev/full", "w") as full:
        result = shopctl.run(["export", "governance.ListServiceKeys"], full, **token)
        if result != 79:
            FAILURES.append("export to a full disk")
            print("export to a full disk: expected 79, came %d" % result)


def main(build):
    server = run.Server(build)
    try:
        server.start()
        shopctl = Shopctl(server)
        for words, status, out, err in CASES:
            check("shopctl " + words, shopctl(words), status, out, err)
        check_lists(shopctl)
        check_requests(shopctl)
        check_terminal(shopctl)
        check_templates(shopctl)
        check_completion(shopctl)
        check_export(shopctl)
    finally:
        server.stop()
        run.shutil.rmtree(server.root, ignore_errors=True)
    print("%d failures" % len(FAILURES))
    return 1 if FAILURES else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
