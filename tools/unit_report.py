#!/usr/bin/env python3
"""unit_report - counts the TAP subtests of a Meson test log, prints what failed, closes with N passed, N failed."""
import json
import re
import sys

passed = failed = 0
try:
    log = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
except OSError as e:
    sys.exit(f"the tests did not run: {e}\n0 passed, 1 failed")

for test in log:
    out = test.get("stdout", "")
    ok = len(re.findall(r"^ok\b", out, re.M))
    not_ok = len(re.findall(r"^not ok\b", out, re.M))
    # A crash, a time-out or a program without a single test has failed even if no line says so.
    if not not_ok and (test["result"] not in ("OK", "TestResult.OK") or not ok):
        not_ok = 1
    passed += ok
    failed += not_ok
    if not_ok:
        print(f"{test['name']}: {test['result']}, {ok} ok, {not_ok} not ok; repeat with: {' '.join(test['command'])}")
        said = [line for line in out.splitlines() if not line.startswith("ok ")]
        said += test.get("stderr", "").splitlines()[-60:]
        print("\n".join("    " + line for line in said))
if not log:
    failed = 1
    print("no unit test was found")
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
