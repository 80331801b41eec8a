#!/usr/bin/env python3
"""Every kind of fault that verify can name is planted in a test: of commerce in
test_planted_faults.c, of storage in tests/unit/store/test_verify.c and test_sealed_files.c.

    fault_kinds.py SOURCE_ROOT
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
kinds = {}
for path in sorted(root.glob("server/**/*.c")) + sorted(root.glob("lib/store/verify*.c")):
    for kind in re.findall(r'_fault\(\s*[&\w]+,\s*(?:\w+,\s*)?"([A-Z_]+)"', path.read_text()):
        kinds[kind] = path.relative_to(root)
planted = "".join((root / name).read_text() for name in (
    "tests/domain/test_planted_faults.c", "tests/unit/store/test_verify.c",
    "tests/unit/store/test_sealed_files.c", "tests/domain/test_privacy.c"))
missing = [kind for kind in kinds if '"%s"' % kind not in planted]
for kind in missing:
    print("%s: %s is never planted" % (kinds[kind], kind))
print("%d kinds of faults, %d never planted" % (len(kinds), len(missing)))
sys.exit(1 if missing or len(kinds) < 20 else 0)
