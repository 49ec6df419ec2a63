"""What `weir test` does with files that pass, fail, are blessed, or are not there."""
import shlex
import unittest

import program

PASSES = """\
# Totals of each name.
statement ok
CREATE TABLE t (name STRING, i INT) WITH ('connector' = 'test');
CREATE TABLE totals (name STRING, i INT) WITH ('connector' = 'test')

job
INSERT INTO totals SELECT name, SUM(i) FROM t GROUP BY name

input t
["a", 1]
["b", 2]
["a", 3]

expect totals
----
["b", 2]
["a", 4]

query types
SELECT name, i FROM t WHERE i > 1
----
: STRING, INT
["b", 2]
["a", 3]
"""
FAILS = PASSES.replace('["a", 4]', '["a", 5]')


class Slt(program.Case):
    def test_a_file_that_passes_is_one_line(self):
        path = self.write("a.slt", PASSES)
        done = self.weir("test", path)
        self.assertEqual((done.returncode, done.stdout), (0, f"ok {path}\n1 passed, 0 failed\n"), done.stderr)

    def test_every_mode_passes(self):
        done = self.weir("test", "--matrix", "-v", self.write("a.slt", PASSES))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"^ok \S+ \(\d+ ms\)\n1 passed, 0 failed\n$")

    def test_a_failure_shows_both_rows_and_the_command_that_repeats_it(self):
        path = self.write("a.slt", FAILS)
        done = self.weir("test", "--matrix", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}:14: expect totals", done.stdout)
        self.assertRegex(done.stdout, r'! \["a", 5\] +\["a", 4\]')
        self.assertIn("12 of 12 modes", done.stdout)
        self.assertTrue(done.stdout.endswith("\n0 passed, 1 failed\n"))
        command = done.stdout.split("repeat with: ")[1].split("\n")[0]
        again = self.weir(*shlex.split(command)[1:])
        self.assertEqual(again.returncode, 1)
        self.assertIn(f"{path}:14: expect totals", again.stdout)

    def test_bless_changes_what_failed_and_nothing_else(self):
        path = self.write("a.slt", FAILS.replace("SELECT name, i FROM t WHERE", "SELECT name, j FROM t WHERE"))
        self.assertEqual(self.weir("test", "--bless", path).returncode, 0)
        text = (self.folder / "a.slt").read_text()
        head, tail = text.split("query error ")
        self.assertEqual(head, PASSES.split("query types")[0])
        self.assertIn("'j'", tail.split("\n")[0])
        self.assertEqual(tail.split("\n", 1)[1], "SELECT name, j FROM t WHERE i > 1\n")
        self.assertEqual(self.weir("test", path).returncode, 0)

    def test_folders_are_walked_in_order(self):
        (self.folder / "x" / "y").mkdir(parents=True)
        for name in ["x/b.slt", "x/y/a.slt", "x/a.slt", "x/note.txt"]:
            self.write(name, PASSES)
        done = self.weir("test", "x")
        self.assertEqual(done.stdout, "ok x/a.slt\nok x/b.slt\nok x/y/a.slt\n3 passed, 0 failed\n")

    def test_what_cannot_be_read_has_failed(self):
        done = self.weir("test", "absent.slt", self.write("a.slt", "\n\nexpct t\n"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("not ok absent.slt", done.stdout)
        self.assertIn("a.slt:3: unknown verb 'expct'", done.stdout)
        self.assertIn("did you mean 'expect'?", done.stdout)
        self.assertTrue(done.stdout.endswith("0 passed, 2 failed\n"))

    def test_wrong_usage_exits_with_2(self):
        path = self.write("a.slt", PASSES)
        for args in [[], ["--frobnicate", path], ["--batch", "0", path], ["--matrix", "--batch", "7", path],
                     ["--bless", "--matrix", path], ["--seed", path]]:
            with self.subTest(args):
                self.assertEqual(self.weir("test", *args).returncode, 2)

    def test_a_command_that_does_not_exist_is_answered_with_the_nearest(self):
        done = self.weir("tset")
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean 'test'?", done.stderr)


if __name__ == "__main__":
    unittest.main()
