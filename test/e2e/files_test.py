"""Exactly-once files: a job is killed at each step of committing them, and continued, also with other workers."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

import program

ROWS = 3000
SCRIPT = """SET 'pipeline.name' = 'files';
SET 'pipeline.auto-watermark-interval' = '0 ms';
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


# Every write below copies/ finds no room while the file $FULL_WHILE exists.
FULL_DISK = """#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
ssize_t write(int fd, const void *p, size_t n)
{
    static ssize_t (*real)(int, const void *, size_t);
    char link[64], path[4096] = "";
    if (!real) real = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) < 0 || !strstr(path, "/copies/")) return real(fd, p, n);
    if (access(getenv("FULL_WHILE"), F_OK) != 0) return real(fd, p, n);
    errno = ENOSPC;
    return -1;
}
"""


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
        """All rows once, all windows once, nothing left behind, and the account of all lives agrees."""
        self.assertEqual(self.hidden(), [])
        self.assertEqual(sorted(r["n"] for r in self.rows("copies")), [n for n in range(1, ROWS + 1) if n % 10])
        counts = self.rows("counts")
        self.assertEqual(len({r["s"] for r in counts}), len(counts))
        if "is finished since" in stderr and " read = " not in stderr:
            return  # the kill came after the last checkpoint
        accounts = {m[1]: [int(x.replace(",", "")) for x in m.groups()[1:]] for m in re.finditer(
            r"numbers -> (\w+): ([\d,]+) read = ([\d,]+) contributed \+ ([\d,]+) filtered \+ ([\d,]+) late \+ "
            r"([\d,]+) bad \+ ([\d,]+) pending", stderr)}
        self.assertEqual(accounts["copies"], [ROWS, ROWS * 9 // 10, ROWS // 10, 0, 0, 0])
        read, contributed, filtered, late, bad, pending = accounts["counts"]
        self.assertEqual([read, filtered, bad, pending, contributed + late], [ROWS, 0, 0, 0, ROWS])
        self.assertEqual(sum(r["c"] for r in counts), contributed)

    def killed_at(self, site, rolling=""):
        """Runs until it has been killed at the site and continued."""
        args, said = ["run", self.script(20000, rolling)], ""
        for run in range(20):
            workers = ["-D", f"parallelism.default={1 + run % 3}"]
            count = 1 if site == "files.restored" else 1 + 3 * run
            env = {"WEIR_KILL_AT": f"{site}:{count}"} if run < 4 else {}
            done = self.weir(*args, *workers, **env)
            said += done.stderr
            if done.returncode == 0:
                return said
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

    def test_a_job_killed_after_its_last_checkpoint_publishes_when_it_is_run_again(self):
        script = self.script()
        self.write("f.sql", (self.folder / "f.sql").read_text().replace("'10 ms'", "'10 min'"))
        done = self.weir("run", script, WEIR_KILL_AT="files.renamed:2")
        self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
        self.assertNotEqual(self.hidden(), [])
        for _ in range(2):
            done = self.weir("run", script, "-D", "parallelism.default=2")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("is finished since", done.stderr)
            self.assertEqual(self.hidden(), [])
            self.assertEqual(sorted(r["n"] for r in self.rows("copies")), [n for n in range(1, ROWS + 1) if n % 10])

    def full_disk(self):
        """What makes the disk full for a process, until the file is removed."""
        source, library, full = (str(self.folder / n) for n in ("full.c", "full.so", "full"))
        self.write("full.c", FULL_DISK)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        self.write("full", "")
        return full, {**os.environ, "LD_PRELOAD": library, "FULL_WHILE": full, "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def test_a_full_disk_is_waited_for(self):
        full, env = self.full_disk()
        log = self.folder / "said"
        with open(log, "w") as out:
            job = subprocess.Popen([program.WEIR, "run", self.script()], cwd=self.folder, env=env,
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.addCleanup(job.wait)
        self.addCleanup(job.kill)
        program.wait_until("the job waits", lambda: "the disk that it writes to is full" in log.read_text() or job.poll() is not None)
        self.assertIsNone(job.poll(), log.read_text())
        self.assertEqual(self.rows("copies"), [])
        os.unlink(full)
        self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 0, log.read_text())
        self.check(log.read_text())

    def test_the_account_is_in_the_checkpoint(self):
        done = self.weir("run", self.script())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("numbers -> counts: 3,000 read = 2,970 contributed + 0 filtered + 30 late + 0 bad + 0 pending", done.stderr)
        shown = self.weir("checkpoints", "show", "data")
        self.assertIn("copies", shown.stdout)
        self.assertRegex(shown.stdout, r"3,?000")


if __name__ == "__main__":
    unittest.main()
