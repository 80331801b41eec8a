#!/usr/bin/env python3
"""Style as a test. Reads every C file of the project and fails on the first folder rule broken:
who may include whom, which libraries are used where, what a domain may not do, sizes, widths.
Every rule is first shown a piece of code that breaks it, so that none of them is asleep."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1])

# A folder may include headers of the folders to its right, and its own.
EDGES = {
    "lib/base": [],
    "lib/schema": ["lib/base"],
    "lib/seal": ["lib/base", "lib/schema"],
    "lib/store": ["lib/base", "lib/schema", "lib/seal"],
    "lib/rpc": ["lib/base", "lib/schema"],
    "client": ["lib/base", "lib/schema", "lib/rpc"],
    "tools/shopctl": ["client", "lib/base", "lib/schema", "lib/seal"],
    "tools/protoc-gen-shop": ["lib/base", "lib/schema"],
}
DOMAINS = ["privacy", "service", "catalog", "supply", "cart", "membership", "order", "payment", "checkout",
           "fulfilment", "aftersales", "tax", "notification",
           "staff",
           "loyalty", "reward",
           "care",
           "insight",
           "profile"]
# A domain may include the public headers of these; never a cycle, since each names only earlier ones.
DOMAIN_EDGES = {
    "notification": [],
    "privacy": ["membership"],
    "insight": ["catalog", "supply", "notification", "loyalty"],
    "profile": ["notification", "loyalty", "reward"],
    "catalog": [],
    "staff": [],
    "service": ["staff", "loyalty"],
    "care": ["staff", "service"],
    "tax": [],
    "supply": ["catalog"],
    "cart": ["catalog", "supply", "loyalty"],
    "membership": ["cart", "notification"],
    "loyalty": ["catalog", "notification"],
    "reward": ["loyalty", "supply"],
    "order": ["supply", "catalog", "tax", "loyalty", "reward"],
    "payment": ["order", "service"],
    "checkout": ["catalog", "tax", "supply", "loyalty", "cart", "order", "payment", "aftersales", "reward",
                 "notification"],
    "fulfilment": ["supply", "loyalty", "order", "payment", "service"],
    "aftersales": ["catalog", "tax", "supply", "loyalty", "order", "payment", "service", "reward"],
}
# The server's own headers that a domain may see.
DOMAIN_MAY_SEE = {"server/call.h", "server/verify.h", "server/jobs.h", "server/session.h",
                  "server/secret.h", "server/password.h", "server/lockout.h",
                  "server/page.h", "server/change.h",
                  "server/follow.h", "server/row_rules.h", "server/owned.h",
                  "server/grants.h"}
LIBRARIES = {"lmdb.h": "lib/store", "sodium.h": "lib/seal", "argon2.h": "lib/seal", "xxhash.h": "lib/seal",
             "nng/": "lib/rpc"}
NEVER_IN_DOMAIN = re.compile(
    r"\b(malloc|calloc|realloc|free|goto|mdb_\w+|nng_\w+|crypto_\w+|protobuf_c_message_\w+|"
    r"txn_(?:get|insert|update|delete|scan|append|begin_read|keep|drop)\w*|decode_\w+|encode|"
    r"clock_(?:real|monotonic)_us|time|rand|getrandom)\s*\(")
INCLUDE = re.compile(r'#include [<"]([^>"]+)[>"]')
LINES_MAX = 800
FUNCTION_LINES_MAX = 80
WIDTH_MAX = 100


def strip(text):
    """Code without comments and texts, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


def folder_of(path):
    for folder in EDGES:
        if path.startswith(folder + "/"):
            return folder
    return None


def check_libraries(path, text):
    for name in INCLUDE.findall(text):
        for library, home in LIBRARIES.items():
            if name.startswith(library) and not path.startswith((home + "/", "tests/", "tools/")):
                yield f"<{name}> belongs to {home}"


def check_edges(path, text):
    folder = folder_of(path)
    if folder is None:
        return
    for name in INCLUDE.findall(text):
        target = folder_of(name)
        if target not in (None, folder, *EDGES[folder]):
            yield f"{folder} may not include {name}"
        if name.startswith("server/"):
            yield f"{folder} may not include {name}"


def domain_of(path):
    match = re.match(r"server/(\w+)/", path)
    return match.group(1) if match and match.group(1) in DOMAINS else None


def check_domain(path, text):
    domain = domain_of(path)
    if domain is None:
        return
    for name in INCLUDE.findall(text):
        other = domain_of(name)
        if other not in (None, domain, *DOMAIN_EDGES[domain]):
            yield f"{domain} may not include {name}"
        if name.startswith("server/") and other is None and name not in DOMAIN_MAY_SEE:
            yield f"a domain may not include {name}"
        if name.startswith(("lib/rpc", "nng/")) or name == "time.h":
            yield f"a domain may not include {name}"
    for match in NEVER_IN_DOMAIN.finditer(strip(text)):
        yield f"a domain may not call {match.group(1)}"


def check_shape(path, text):
    lines = text.split("\n")
    if len(lines) > LINES_MAX:
        yield f"{len(lines)} lines"
    for number, line in enumerate(lines, 1):
        if len(line) > WIDTH_MAX:
            yield f"line {number} is {len(line)} wide"
        if "\t" in line and not path.startswith("tests/"):
            yield f"line {number} has a tab"
        if re.search(r"\b(TODO|FIXME)\b", line):
            yield f"line {number} has a promise"
    if path.endswith(".h") and "#pragma once" not in text:
        yield "no #pragma once"
    if path.endswith(".c") and not text.lstrip().startswith("/*"):
        yield "no comment at the top that tells the idea"


def check_functions(path, text):
    if not path.endswith(".c"):
        return
    begin = None
    for number, line in enumerate(text.split("\n"), 1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            if number - begin - 1 > FUNCTION_LINES_MAX:
                yield f"function at line {begin} has {number - begin - 1} lines"
            begin = None


def check_codes(path, text):
    """gRPC keeps UNKNOWN for errors of another world and INTERNAL for broken invariants: of the
    first the shop has none, and at the second it stops."""
    if path.startswith("server/"):
        for match in re.finditer(r"\b\w+\([^;{}]*?\b(UNKNOWN|INTERNAL),\s*\"", text):
            yield f"{match.group(1)} is no answer of the shop's"


CHECKS = [check_codes, check_libraries, check_edges, check_domain, check_shape, check_functions]

# What each check must find.
BAD = [
    (check_codes, "server/x.c", 'return call_fail(call, INTERNAL, "X", "x");'),
    (check_libraries, "server/x.c", "#include <lmdb.h>\n"),
    (check_edges, "lib/base/x.c", '#include "lib/store/store.h"\n'),
    (check_edges, "lib/rpc/x.c", '#include "server/call.h"\n'),
    (check_domain, "server/catalog/x.c", '#include "server/checkout/checkout.h"\n'.replace(
        "checkout/checkout", "order/order")),
    (check_domain, "server/cart/x.c", '#include "server/pipeline.h"\n'),
    (check_domain, "server/cart/x.c", "void f(void)\n{\n        free(p);\n}\n"),
    (check_shape, "lib/base/x.c", "/* */\n" + "x\n" * 900),
    (check_shape, "lib/base/x.c", "/* */\n" + "x" * 101 + "\n"),
    (check_shape, "lib/base/x.h", "int x;\n"),
    (check_functions, "lib/base/x.c", "int f(void)\n{\n" + "        x;\n" * 90 + "}\n"),
]
GOOD = [(check_domain, "server/cart/x.c",
         '#include "server/call.h"\n#include "server/catalog/catalog.h"\n/* free( */\n')]


def reasons_without_code(phrases, others):
    """The reasons in the table of phrases that no other file gives."""
    given = set(re.findall(r'"([A-Z][A-Z0-9_]+)"', "\n".join(others)))
    return [r for r in re.findall(r'\{"([A-Z][A-Z0-9_]+)"', phrases) if r not in given]


def self_test():
    if reasons_without_code('{"A_B", "x"}, {"C_D", "y"}', ['"A_B"']) != ["C_D"]:
        sys.exit("asleep: reasons_without_code")
    for check, path, text in BAD:
        if not list(check(path, text)):
            sys.exit(f"asleep: {check.__name__} let pass {text[:60]!r}")
    for check, path, text in GOOD:
        found = list(check(path, text))
        if found:
            sys.exit(f"too strict: {check.__name__} refused good code: {found}")


def main():
    self_test()
    listed = subprocess.run(["git", "ls-files", "*.c", "*.h"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout.split()
    if not listed:
        sys.exit("no files to check")
    faults = 0
    for path in listed:
        if not (ROOT / path).exists():
            continue
        text = (ROOT / path).read_text(encoding="utf-8")
        for check in CHECKS:
            for sentence in check(path, text):
                print(f"{path}: {sentence}")
                faults += 1
    phrases = "server/phrases.c"
    others = [(ROOT / path).read_text(encoding="utf-8") for path in listed
              if path.startswith(("server/", "lib/")) and path != phrases]
    for reason in reasons_without_code((ROOT / phrases).read_text(encoding="utf-8"), others):
        print(f"{phrases}: nobody gives the reason {reason}")
        faults += 1
    print(f"{len(listed)} files, {faults} faults")
    sys.exit(1 if faults else 0)


main()
