#!/usr/bin/env python3
"""py_test FOLDER [NAME] - runs the folder's *_test.py files (or NAME.py) with unittest and closes with N passed, N failed."""
import sys
import time
import unittest
from pathlib import Path


class Result(unittest.TextTestResult):
    """One line a test; a skipped test has not passed."""

    def startTest(self, test):
        self.started = time.monotonic()
        unittest.TestResult.startTest(self, test)

    def say(self, word, test):
        self.stream.writeln(f"{word} {test.id()} ({time.monotonic() - self.started:.2f} s)")

    def addSuccess(self, test):
        self.say("ok", test)

    def addError(self, test, err):
        unittest.TestResult.addError(self, test, err)
        self.stream.writeln(f"not ok {test.id()}\n{self.errors[-1][1]}")

    def addFailure(self, test, err):
        unittest.TestResult.addFailure(self, test, err)
        self.stream.writeln(f"not ok {test.id()}\n{self.failures[-1][1]}")

    def addSkip(self, test, reason):
        unittest.TestResult.addSkip(self, test, reason)
        self.stream.writeln(f"not ok {test.id()}: skipped: {reason}")

    def addSubTest(self, test, subtest, err):
        unittest.TestResult.addSubTest(self, test, subtest, err)
        if err:
            self.stream.writeln(f"not ok {subtest.id()}\n{(self.failures + self.errors)[-1][1]}")


folder = Path(sys.argv[1])
if not folder.is_dir():
    print(f"no folder {folder}")
    sys.exit(0)
name = sys.argv[2] if len(sys.argv) > 2 else "*_test"
suite = unittest.defaultTestLoader.discover(str(folder), pattern=f"{name}.py", top_level_dir=str(folder))
if suite.countTestCases() == 0:
    print(f"no test in {folder}/{name}.py; there are: {' '.join(sorted(p.stem for p in folder.glob('*_test.py')))}")
result = Result(unittest.runner._WritelnDecorator(sys.stdout), False, 0)
suite.run(result)
broken = {getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors}
failed = len(broken) + len(result.skipped) or (result.testsRun == 0)
print(f"{max(0, result.testsRun - len(broken) - len(result.skipped))} passed, {int(failed)} failed")
sys.exit(failed != 0)
