#!/usr/bin/env python3
"""Which tests show which of the shop's systems, and fails where one is not shown.

    systems.py SOURCE_ROOT [--table]

A test says what it proves beside the place that proves it, as "proves: S97 refusal", in a comment
of a scenario or of C. Of every system named here there must be four: it works (good), it refuses by
the name of the field (refusal), somebody whom it is no business of is turned away (foreign), and it
is all there after a restart (restart). --table prints the matrix with the files.
"""
import collections
import os
import re
import sys

SYSTEMS = {
    "S92": "notifications",
    "S95": "registration and sign-in",
    "S96": "customer profiles",
    "S97": "membership tiers",
    "S98": "privileges of tiers",
    "S99": "points earned",
    "S100": "points spent",
    "S101": "loyalty programme and statement",
    "S102": "birthday care",
    "S103": "segments and RFM",
    "S104": "lifecycle",
    "S105": "retention and churn",
    "S106": "repurchase",
    "S107": "rewards",
    "S108": "recommendation",
    "S109": "customised service",
    "S123": "roles by post",
    "S132": "data security and privacy",
}
WAYS = ("good", "refusal", "foreign", "restart")
MARK = re.compile(r"proves: ((?:S\d+ [a-z]+(?:, )?)+)")
SUFFIXES = (".c", ".scenario", ".py", ".sh", ".mjs")


def shown(root):
    """The files that show a system's way, by (system, way)."""
    found = collections.defaultdict(set)
    for folder, _, names in os.walk(os.path.join(root, "tests")):
        for name in names:
            if not name.endswith(SUFFIXES) or name == os.path.basename(__file__):
                continue
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                for marks in MARK.findall(file.read()):
                    for system, way in re.findall(r"(S\d+) ([a-z]+)", marks):
                        found[system, way].add(os.path.relpath(path, root))
    return found


def faults(found):
    for system in SYSTEMS:
        for way in WAYS:
            if not found[system, way]:
                yield "%s (%s): no test proves \"%s\"" % (system, SYSTEMS[system], way)
    for system, way in sorted(found):
        if found[system, way] and (system not in SYSTEMS or way not in WAYS):
            yield "%s %s: no such system or way: %s" % (system, way,
                                                         ", ".join(sorted(found[system, way])))


def table(found):
    print("| system | " + " | ".join(WAYS) + " |\n" + "|---" * (len(WAYS) + 1) + "|")
    for system, words in SYSTEMS.items():
        cells = (", ".join(os.path.basename(path) for path in sorted(found[system, way]))
                 for way in WAYS)
        print("| %s %s | %s |" % (system, words, " | ".join(cells)))


def main(arguments):
    found = shown(arguments[0])
    if "--table" in arguments:
        table(found)
    wrong = list(faults(found))
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
