#!/usr/bin/env python3
"""Shows that every kind of expectation of run.py can fail, and says where.

    selftest.py BUILD_DIRECTORY

Each case is a script whose last line must not hold, and a part of what must be printed about it.
"""
import contextlib
import io
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import run  # noqa: E402

CASES = [
    ("call governance.GetServerInfo\nexpect version = shopd 9",
     "2: expected version = shopd 9, came shopd"),
    ("call governance.GetServerInfo\nexpect version != shopd 0.1.0", "expected version !="),
    ("call governance.GetServerInfo\nexpect version ~ ^ship", "expected version ~ ^ship, came shopd"),
    ("call governance.GetServerInfo\nexpect version !~ shop", "expected version !~"),
    ("call governance.GetServerInfo\nexpect version absent", "expected version absent"),
    ("call governance.GetServerInfo\nexpect nothing = 1", "came nothing"),
    ("call governance.GetServerInfo\nexpect version > 1", "no such relation: >"),
    ("call governance.GetServerInfo\nsave x = y", "expected y to save"),
    ("call governance.GetServerInfo\ntook 60000 60001", "expected 60000 to 60001 ms"),
    ("call governance.GetServerInfo\nrefused NOT_FOUND X", "expected NOT_FOUND X, came success"),
    ("call governance.Verify", "1: expected success, came UNAUTHENTICATED TOKEN_MISSING"),
    ("call governance.Verify\nrefused UNAUTHENTICATED OTHER", "came UNAUTHENTICATED TOKEN_MISSING"),
    ("call governance.Verify\nrefused UNAUTHENTICATED TOKEN_MISSING field",
     "expected a violation of field, came none"),
    ("call governance.Verif", "shopctl ended with 76"),
    ("call cart.GetCart id=$cart", "nothing is saved as $cart"),
    ("as somebody", "there is no session of somebody"),
    ("as admin\n# words\n\njump up", "4: no such statement: jump"),
    ("expect", "expect cannot be read"),
    ("advance 5m", "expected governance.AdvanceClock to succeed"),
    ("include good\nexpect version = x", "expected version = x"),
]


def print_of(build, path):
    """What a run prints, and its status."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        script = run.Script(build, path)
        status = script.run()
        script.clean()
    return status, out.getvalue()


def check_verify(build, folder):
    """verify and verify-offline fail on a database with a flipped bit."""
    path = os.path.join(folder, "rot")
    with open(path, "w") as file:
        file.write("call governance.GetServerInfo\n")
    script = run.Script(build, path)
    script.server.start()
    script.server.stop()
    name = os.path.join(script.server.data, "data.mdb")
    with open(name, "r+b") as file:
        data = file.read()
        at = data.find(b"administrator")
        file.seek(at)
        file.write(b"b")
    try:
        script.do_verify_offline()
        return "verify-offline did not see the flipped bit"
    except run.Unmet:
        return None
    finally:
        script.clean()


def main(build):
    failed = 0
    with tempfile.TemporaryDirectory(prefix="shop-selftest-") as folder:
        with open(os.path.join(folder, "good"), "w") as file:
            file.write("call governance.GetServerInfo\nexpect version ~ shopd\n")
        for number, (text, wanted) in enumerate(CASES):
            path = os.path.join(folder, "case-%d" % number)
            with open(path, "w") as file:
                file.write(text + "\n")
            status, printed = print_of(build, path)
            if status != 1 or wanted not in printed:
                failed += 1
                print("case %d: expected %r, came %d: %s" % (number, wanted, status, printed))
        status, printed = print_of(build, os.path.join(folder, "good"))
        if status != 0 or printed:
            failed += 1
            print("the good script: %d: %s" % (status, printed))
        problem = check_verify(build, folder)
        if problem:
            failed += 1
            print(problem)
    print("%d of %d cases failed" % (failed, len(CASES) + 2))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
