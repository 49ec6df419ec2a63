"""Exactly-once files: a job is killed at each step of committing them, and continued, also with other workers."""
import json
import os
import re
import signal
import time
import unittest

import program

ROWS = 3000
SCRIPT = """SET 'pipeline.name' = 'files';
SET 'execution.checkpointing.dir' = 'data';
SET 'execution.checkpointing.interval' = '10 ms';
CREATE TABLE numbers (n BIGINT, ts AS TO_TIMESTAMP_LTZ(n * 10 - CASE WHEN MOD(n, 100) = 99 THEN 5000 ELSE 0 END, 3),
  WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
  'fields.n.end' = '%(rows)d', 'rows-per-second' = '%(rate)d');
CREATE TABLE copies (n BIGINT, k STRING) PARTITIONED BY (k)
  WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = 'copies'%(rolling)s);
CREATE TABLE counts (s TIMESTAMP(3), c BIGINT) WITH ('connector' = 'filesystem', 'format' = 'json', 'path' = 'counts');
BEGIN STATEMENT SET;
INSERT INTO copies SELECT n, CAST(MOD(n, 3) AS STRING) FROM numbers WHERE MOD(n, 10) <> 0;
INSERT INTO counts SELECT window_start, COUNT(*)
  FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, window_end;
END;
"""
SITES = ["files.part-synced", "files.names-synced", "files.before-rename", "files.renamed", "files.restored"]
ROLLING = ", 'sink.rolling-policy.file-size' = '2 kb'"


class Files(program.Case):
    def script(self, rate=1000000, rolling=""):
        return self.write("f.sql", SCRIPT % {"rows": ROWS, "rate": rate, "rolling": rolling})

    def rows(self, table):
        found = []
        for path in (self.folder / table).rglob("part-*"):
            found += [json.loads(line) for line in path.read_text().splitlines()]
        return found

    def hidden(self):
        return [p for t in ("copies", "counts") for p in (self.folder / t).rglob(".part-*")]

    def check(self, stderr):
        """All rows once, all windows once, and the account of both lives agrees."""
        self.assertEqual(sorted(r["n"] for r in self.rows("copies")), [n for n in range(1, ROWS + 1) if n % 10])
        counts = self.rows("counts")
        self.assertEqual(len({r["s"] for r in counts}), len(counts))
        accounts = {m[1]: [int(x.replace(",", "")) for x in m.groups()[1:]] for m in re.finditer(
            r"numbers -> (\w+): ([\d,]+) read = ([\d,]+) contributed \+ ([\d,]+) filtered \+ ([\d,]+) late \+ "
            r"([\d,]+) bad \+ ([\d,]+) pending", stderr)}
        self.assertEqual(accounts["copies"], [ROWS, ROWS * 9 // 10, ROWS // 10, 0, 0, 0])
        read, contributed, filtered, late, bad, pending = accounts["counts"]
        self.assertEqual([read, filtered, bad, pending, contributed + late], [ROWS, 0, 0, 0, ROWS])
        self.assertEqual(sum(r["c"] for r in counts), contributed)
        self.assertGreater(late, 0)

    def killed_at(self, site, rolling=""):
        """Runs until it has been killed at the site and continued."""
        args = ["run", self.script(20000, rolling)]
        for run in range(20):
            workers = ["-D", f"parallelism.default={1 + run % 3}"]
            count = 1 if site == "files.restored" else 1 + 3 * run
            env = {"WEIR_KILL_AT": f"{site}:{count}"} if run < 4 else {}
            done = self.weir(*args, *workers, **env)
            if done.returncode == 0:
                return done.stderr
            self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
        self.fail("it never ends")

    def test_a_kill_at_each_step_of_committing_loses_and_doubles_nothing(self):
        for site in SITES:
            with self.subTest(site):
                self.clean()
                self.check(self.killed_at(site))

    def test_parts_that_grow_over_checkpoints_are_cut_back_after_a_kill(self):
        for site in SITES:
            with self.subTest(site):
                self.clean()
                self.check(self.killed_at(site, ROLLING))

    def clean(self):
        for name in ("data", "copies", "counts"):
            if (self.folder / name).exists():
                os.rename(self.folder / name, self.folder / f"{name}-{time.monotonic_ns()}")

    def test_a_lost_part_stops_the_job_and_is_named(self):
        done = self.weir("run", self.script(20000), WEIR_KILL_AT="files.before-rename")
        self.assertEqual(done.returncode, -signal.SIGKILL)
        lost = self.hidden()
        for path in lost:
            path.unlink()
        done = self.weir("run", self.script(20000))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"file '[^']*/\.part-[^']*' is gone")

    def test_the_account_is_in_the_checkpoint(self):
        done = self.weir("run", self.script())
        self.assertEqual(done.returncode, 0, done.stderr)
        shown = self.weir("checkpoints", "show", "data")
        self.assertIn("copies", shown.stdout)
        self.assertRegex(shown.stdout, r"3,?000")


if __name__ == "__main__":
    unittest.main()
