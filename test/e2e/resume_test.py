"""Jobs that survive: stopped, killed at random moments and at each step of a checkpoint, out of disk space; what is in
their files afterwards is each row exactly once."""
import os
import random
import re
import shutil
import signal
import time
import unittest
from pathlib import Path

import program

COUNT = 6000
# Steps of publishing: CHECKPOINT_SITES in src/state/checkpoint_store.h, and those of the coordinator.
SITES = re.findall(r'X\("(checkpoint\.[a-z-]+)"\)', (program.REPO / "src/state/checkpoint_store.h").read_text()) + [
    "coordinator.triggered", "coordinator.parts-taken", "coordinator.completed"]
SCRIPT = """
SET 'execution.checkpointing.dir' = '{checkpoints}';
SET 'execution.checkpointing.interval' = '{interval}';
SET 'pipeline.name' = 'copy';
CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{rate}',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '{count}');
CREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = '{out}', 'format' = '{format}');
INSERT INTO files SELECT {id} FROM numbers;
"""
WINDOWS = """
SET 'execution.checkpointing.dir' = 'file://{checkpoints}';
SET 'execution.checkpointing.interval' = '50 ms';
SET 'pipeline.name' = 'copy';
CREATE TABLE numbers (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
  'rows-per-second' = '{rate}', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '{last}');
CREATE TABLE files (k BIGINT, least BIGINT, n BIGINT, total BIGINT)
  WITH ('connector' = 'filesystem', 'path' = '{out}', 'format' = 'csv');
INSERT INTO files SELECT id % 50, MIN(id), COUNT(*), SUM(id) FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(ts), INTERVAL '1' SECOND))
  GROUP BY id % 50, window_start, window_end;
"""
KEYS = """
SET 'execution.checkpointing.dir' = '{checkpoints}';
SET 'execution.checkpointing.interval' = '100 ms';
SET 'pipeline.name' = 'copy';
CREATE TABLE numbers (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '1000000000');
CREATE TABLE sums (k BIGINT, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sums SELECT id % 300000, COUNT(*) FROM numbers GROUP BY id % 300000;
"""


class Job(program.Case):
    def script(self, **changed):
        values = dict(checkpoints=self.folder / "checkpoints", out=self.folder / "out", rate=4000, count=COUNT,
                      id="id", format="csv", interval="100 ms")
        return self.write("job.sql", SCRIPT.format(**{**values, **changed}))

    def lines(self):
        """What readers of the folder see: hidden names are not theirs."""
        found = []
        for path in (self.folder / "out").rglob("*"):
            if path.is_file() and not any(part.startswith((".", "_")) for part in path.relative_to(self.folder).parts):
                found += path.read_text().split()
        return found

    def rows(self):
        return sorted(int(line) for line in self.lines())

    def newest(self):
        names = [int(p.name[4:]) for p in (self.folder / "checkpoints/copy").glob("chk-*") if p.name[4:].isdigit()]
        return max(names, default=0)

    def newest_bytes(self):
        """0 also when it has just been removed."""
        try:
            return sum(f.stat().st_size for f in (self.folder / f"checkpoints/copy/chk-{self.newest():06}").iterdir())
        except FileNotFoundError:
            return 0

    def wait_for_checkpoint(self, after, job):
        program.wait_until("a checkpoint", lambda: self.newest() > after or job.poll() is not None)

    def expect_every_row_once(self, count=COUNT):
        self.assertEqual(self.rows(), list(range(1, count + 1)))

    def finish(self, script, *args):
        done = self.weir("run", *args, script)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr


class Resume(Job):
    def test_a_folder_that_is_removed_is_told_at_once_and_what_it_means_at_the_end(self):
        job = self.start("run", self.script(count=1000000))
        self.wait_for_checkpoint(1, job)
        shutil.rmtree(self.folder / "checkpoints")
        said = job.communicate(timeout=program.TIMEOUT_SECONDS)[1]
        self.assertEqual(job.returncode, 1)
        why = f"the folder of its checkpoints, '{self.folder}/checkpoints/copy', was removed or renamed while the job ran"
        self.assertRegex(said, f"checkpoint \\d+ of job 'copy' failed and will be tried again: {why}")
        self.assertRegex(said, f"error: checkpoint \\d+ failed: {why}\nhint: put the folder back")
        self.assertFalse((self.folder / "checkpoints").exists())

    def test_a_job_that_is_stopped_without_its_folder_does_not_say_that_nothing_is_lost(self):
        job = self.start("run", self.script(count=1000000, interval="1 h"))
        program.wait_until("its folder", (self.folder / "checkpoints/copy/LOCK").exists)
        (self.folder / "checkpoints").rename(self.folder / "moved")
        job.send_signal(signal.SIGTERM)
        said = job.communicate(timeout=program.TIMEOUT_SECONDS)[1]
        self.assertRegex(said, "failed: the folder of its checkpoints, .* was removed or renamed while the job ran\nhint: put")
        self.assertNotIn("nothing is lost", said)

    def test_a_stopped_job_goes_on_with_another_number_of_workers_and_then_is_finished(self):
        script = self.script()
        for workers in "1", "3", "2":
            before = self.newest()
            job = self.start("run", "-D", f"parallelism.default={workers}", script)
            self.wait_for_checkpoint(before + 2, job)
            job.send_signal(signal.SIGTERM)
            said = job.stderr.read()
            self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 143, said)
            self.assertIn(f"the script given again goes on from checkpoint {self.newest()}", said)
            # The last checkpoint holds all that was read, and what it holds is published.
            rows = self.rows()
            self.assertEqual(rows, sorted(set(rows)))
        self.assertRegex(self.finish(script, "-D", "parallelism.default=4"), r"resumed from checkpoint \d+, [\d.]+ m?s old")
        self.expect_every_row_once()
        self.assertRegex(self.finish(script), r"job 'copy' is finished since 20..-..-.. ..:..:.. UTC \(checkpoint \d+\)")
        self.expect_every_row_once()

    def test_a_job_killed_at_random_moments_writes_each_row_once(self):
        script, chance = self.script(), random.Random(int(os.environ.get("WEIR_SEED", "1")))
        for kill in range(5):
            job = self.start("run", "-D", f"parallelism.default={1 + kill % 3}", script)
            time.sleep(chance.uniform(0.05, 0.4))  # the moment is what is tested; any will do
            job.kill()
            job.wait(program.TIMEOUT_SECONDS)
            rows = self.rows()
            self.assertEqual(len(rows), len(set(rows)), f"kill {kill}")
        self.finish(script)
        self.expect_every_row_once()

    def test_a_job_killed_at_each_step_of_a_checkpoint_writes_each_row_once(self):
        for site in SITES:
            for visit in 1, 4:
                with self.subTest(site=site, visit=visit):
                    folder = self.folder / f"{site}-{visit}"
                    self.folder_of_site(folder, f"{site}:{visit}")

    def folder_of_site(self, folder, place):
        count = 1500
        script = self.script(checkpoints=folder / "checkpoints", out=folder / "out", count=count, rate=3000, interval="30 ms")
        killed = self.weir("run", "-D", "parallelism.default=2", script, WEIR_KILL_AT=place)
        self.assertEqual(killed.returncode, -signal.SIGKILL, f"{place} was not visited: {killed.stderr}")
        done = self.weir("run", script)
        self.assertEqual(done.returncode, 0, done.stderr)
        outer, self.folder = self.folder, folder
        try:
            self.expect_every_row_once(count)
        finally:
            self.folder = outer

    def test_windows_of_a_job_that_is_stopped_and_killed_count_each_row_once(self):
        count = 8000
        script = self.write("job.sql", WINDOWS.format(checkpoints=self.folder / "checkpoints", out=self.folder / "out", rate=6000,
                                                      last=count - 1))
        for number, workers in (signal.SIGKILL, "1"), (signal.SIGTERM, "3"), (signal.SIGKILL, "2"):
            before = self.newest()
            job = self.start("run", "-D", f"parallelism.default={workers}", script)
            self.wait_for_checkpoint(before + 2, job)
            job.send_signal(number)
            job.wait(program.TIMEOUT_SECONDS)
        self.finish(script, "-D", "parallelism.default=3")
        expected = []
        for second in range(0, count, 1000):
            for key in range(50):
                ids = range(second + key, second + 1000, 50)
                expected.append(f"{key},{ids[0]},{len(ids)},{sum(ids)}")
        self.assertEqual(sorted(self.lines()), sorted(expected))

    def stop_early(self, script):
        job = self.start("run", script)
        self.wait_for_checkpoint(1, job)
        job.send_signal(signal.SIGTERM)
        self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 143, job.stderr.read())

    def test_a_state_that_does_not_fit_is_told_with_the_memory_it_needs(self):
        script, memory = self.write("keys.sql", KEYS.format(checkpoints=self.folder / "checkpoints")), "taskmanager.memory.process.size"
        job = self.start("run", "-D", "parallelism.default=1", script)
        program.wait_until("twelve megabytes", lambda: job.poll() is not None or self.newest_bytes() > 12 << 20)
        job.kill()
        job.wait(program.TIMEOUT_SECONDS)
        refused = self.weir("run", "-D", f"{memory}=9m", script)
        self.assertEqual(refused.returncode, 1, refused.stderr)
        self.assertRegex(refused.stderr, rf"resuming from checkpoint \d+: .* holds \d+ MiB .* '{memory}' has reached its limit of 9 MiB")
        need = re.search(rf"of the state fits; .* set '{memory}' to about (\d+) mb", refused.stderr)
        job = self.start("run", "-D", f"{memory}={need[1]}m", script)
        self.assertIn("resumed from checkpoint", job.stderr.readline())

    def test_a_changed_plan_is_refused_with_what_has_changed(self):
        self.stop_early(self.script())
        rows = self.rows()
        for changed, was, now in [({"id": "id + 1"}, "fields=[id])", "Calc(select=[(id + 1)"),
                                  ({"format": "json"}, '- "format","csv"', '+ "format","json"')]:
            with self.subTest(changed):
                refused = self.weir("run", self.script(**changed))
                self.assertEqual(refused.returncode, 1)
                said = re.sub(" +", " ", refused.stderr)
                for part in was, now, "the plan has changed", "'pipeline.name'", str(self.folder / "checkpoints/copy"):
                    self.assertIn(part, said)
        groups = self.weir("run", "-D", "pipeline.max-parallelism=64", self.script())
        self.assertEqual(groups.returncode, 1)
        self.assertIn("taken with 'pipeline.max-parallelism' = '128', not 64", groups.stderr)
        zone = self.weir("run", "-D", "table.local-time-zone=Asia/Tokyo", self.script())
        self.assertEqual(zone.returncode, 1)
        self.assertIn("+ 'table.local-time-zone' = 'Asia/Tokyo'", zone.stderr)
        self.assertEqual(self.rows(), rows)
        self.finish(self.script())
        self.expect_every_row_once()

    def test_a_second_process_is_told_who_has_the_job(self):
        job = self.start("run", self.script())
        self.wait_for_checkpoint(0, job)
        second = self.weir("run", self.script())
        self.assertEqual(second.returncode, 1)
        self.assertIn(str(job.pid), second.stderr)
        self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 0)
        self.expect_every_row_once()

    def test_two_jobs_of_one_name_are_refused_with_a_hint(self):
        script = Path(self.script()).read_text()
        done = self.weir("run", "-e", script + script.splitlines()[-1])
        self.assertEqual(done.returncode, 1)
        self.assertIn("two jobs of the script are called 'copy'", done.stderr)
        self.assertIn("SET 'pipeline.name'", done.stderr)
        self.assertFalse((self.folder / "checkpoints").exists())

    def test_folders_of_other_machines_are_refused(self):
        done = self.weir("run", self.script(checkpoints="s3://bucket/checkpoints"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("'s3://bucket/checkpoints' is not a folder of this machine", done.stderr)

    def test_a_damaged_checkpoint_is_noticed_and_none_older_is_taken_for_it(self):
        self.stop_early(self.script())
        chk = self.folder / f"checkpoints/copy/chk-{self.newest():06}"
        part = next(p for p in sorted(chk.iterdir()) if p.name != "MANIFEST")
        damaged = bytearray(part.read_bytes())
        damaged[len(damaged) // 2] ^= 4
        part.write_bytes(damaged)
        done = self.weir("run", self.script())
        self.assertEqual(done.returncode, 1)
        self.assertIn(chk.name, done.stderr)
        # An older one does not know of files that were published since: it can be asked for, but these must go first.
        older = self.folder / f"checkpoints/copy/chk-{self.newest() - 1:06}"
        self.assertIn(older.name, done.stderr)
        older_done = self.weir("run", "-D", f"execution.state-recovery.path={older}", self.script())
        self.assertEqual(older_done.returncode, 1)
        self.assertIn("published by a later checkpoint", older_done.stderr)

    def test_a_job_without_a_folder_says_once_that_it_will_not_resume(self):
        script = """CREATE TABLE n (id BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '10'%s);
            CREATE TABLE o (id BIGINT) WITH ('connector' = 'blackhole');
            INSERT INTO o SELECT id FROM n; INSERT INTO o SELECT id + 1 FROM n;"""
        job = self.start("run", "-e", script % "")
        told = job.stderr.readline()
        self.assertIn("'execution.checkpointing.dir'", told)
        job.send_signal(signal.SIGINT)
        self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 130)
        self.assertNotIn("execution.checkpointing.dir", job.stderr.read())
        self.assertNotIn("execution.checkpointing.dir", self.weir("run", "-e", script % ", 'number-of-rows' = '5'").stderr)


class FullDisk(Job):
    def setUp(self):
        super().setUp()
        self.disk = self.small_disk("2m")

    def read_until(self, job, text):
        said = ""
        while text not in said:
            line = job.stderr.readline()
            self.assertTrue(line, said)
            said += line
        return said

    def test_a_disk_that_is_full_for_a_while_loses_nothing(self):
        script = self.script(checkpoints=self.disk / "checkpoints", rate=1000, count=COUNT // 3)
        job = self.start("run", script)
        self.read_until(job, "keeps checkpoints")
        ballast = self.fill(self.disk)
        said = self.read_until(job, "is paused: the disk of")
        self.assertRegex(said, r"checkpoint \d+ of job 'copy' failed and will be tried again")
        ballast.unlink()
        self.read_until(job, "succeeded: it goes on")
        self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 0, job.stderr.read())
        self.expect_every_row_once(COUNT // 3)

    def test_files_on_a_full_disk_wait_for_space_and_a_stop_does_not(self):
        script = self.script(checkpoints=self.disk / "checkpoints", out=self.disk / "out", rate=1000, count=COUNT // 3)
        job = self.start("run", script)
        self.read_until(job, "keeps checkpoints")
        ballast = self.fill(self.disk)
        self.read_until(job, "full")
        job.send_signal(signal.SIGTERM)
        self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 1)
        self.assertIn("nothing is lost", job.stderr.read())
        job = self.start("run", script)
        self.read_until(job, "full")
        ballast.unlink()
        self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 0, job.stderr.read())
        self.outer, self.folder = self.folder, self.disk
        try:
            self.expect_every_row_once(COUNT // 3)
        finally:
            self.folder = self.outer

    def test_a_stop_on_a_full_disk_says_so_and_the_job_goes_on_later(self):
        script = self.script(checkpoints=self.disk / "checkpoints", rate=1000, count=COUNT // 3)
        job = self.start("run", script)
        self.read_until(job, "keeps checkpoints")
        ballast = self.fill(self.disk)
        self.read_until(job, "will be tried again")
        job.send_signal(signal.SIGTERM)
        self.assertEqual(job.wait(program.TIMEOUT_SECONDS), 1)
        self.assertIn("nothing is lost", job.stderr.read())
        ballast.unlink()
        self.finish(script)
        self.expect_every_row_once(COUNT // 3)


if __name__ == "__main__":
    unittest.main()
