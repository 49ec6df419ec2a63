"""Checkpoints on disk: what `weir checkpoints` tells of them, and that no crash or damage goes unnoticed."""
import json
import re
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

import program

GOLDEN = program.REPO / "test/compat/checkpoint-1"
SITES = re.findall(r'X\("(checkpoint\.[a-z-]+)"\)', (program.REPO / "src/state/checkpoint_store.h").read_text())

SCRIPT = """SET 'pipeline.name' = 'clicks';
SET 'execution.checkpointing.dir' = 'data';
SET 'execution.checkpointing.interval' = '20 ms';
CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
  'fields.n.end' = '%(rows)d', 'rows-per-second' = '%(rate)d');
CREATE TABLE counts (k BIGINT, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO counts SELECT n / 10, COUNT(*) FROM numbers GROUP BY n / 10;
"""
# Fails with EIO from the n-th fdatasync on, as a disk does that loses what was written.
BAD_DISK = """#include <errno.h>
#include <stdlib.h>
static int calls;
int fdatasync(int fd) { (void)fd; if (++calls < atoi(getenv("BAD_FROM"))) return 0; errno = EIO; return -1; }
"""


class Checkpoints(program.Case):
    def ok(self, *args, **env):
        done = self.weir(*args, **env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def listed(self, path="data"):
        return json.loads(self.ok("checkpoints", "ls", path, "--json"))

    def wait_for_checkpoints(self, count):
        def are_there():
            done = self.weir("checkpoints", "ls", "data", "-o", "json")
            return done.returncode == 0 and json.loads(done.stdout)[0]["id"] >= count

        program.wait_until(f"{count} checkpoints", are_there)

    def stopped_job(self):
        """A job that was stopped after some checkpoints; gives the path of its script."""
        script = self.write("a.sql", SCRIPT % {"rows": 100000000, "rate": 20000})
        job = self.start("run", script)
        self.wait_for_checkpoints(4)
        job.send_signal(signal.SIGTERM)
        job.wait(program.TIMEOUT_SECONDS)
        return script

    def damage(self, name, at):
        path = self.folder / "data/clicks" / name
        content = bytearray(path.read_bytes())
        content[at] ^= 0x10
        # Not in place: the same file is in other checkpoints.
        path.unlink()
        path.write_bytes(content)

    def test_the_list_has_all_checkpoints_newest_first(self):
        self.stopped_job()
        found = self.listed()
        ids = [c["id"] for c in found]
        self.assertEqual(ids, sorted(ids, reverse=True))
        self.assertEqual([c["kind"] for c in found], ["stopped"] + ["running"] * (len(found) - 1))
        for c in found:
            self.assertEqual((c["job"], c["problem"]), ("clicks", None))
            self.assertEqual(c["path"], f"data/clicks/chk-{c['id']:06}")
            self.assertEqual(c["size_bytes"], sum(f.stat().st_size for f in (self.folder / c["path"]).iterdir()))
            links = sum(f.stat().st_size for f in (self.folder / c["path"]).glob("*-*") if not f.name.endswith(f"{c['id']:06}"))
            self.assertEqual(c["new_bytes"], c["size_bytes"] - links)
            self.assertTrue(0 <= c["duration_ms"] and 0 <= c["age_ms"] < 1000 * program.TIMEOUT_SECONDS)
        lines = self.ok("checkpoints", "ls", "data/clicks").splitlines()
        self.assertEqual(lines[0].split(), ["JOB", "ID", "KIND", "AGE", "SIZE", "NEW", "TOOK", "PATH"])
        self.assertRegex(lines[1], rf"^clicks +{ids[0]}  stopped +[\d.]+ m?s  +[\d.]+ \w+  +[\d.]+ \w+  +[\d.]+ m?s  data/clicks/chk-\d+$")
        self.assertEqual(len(lines), 1 + len(found))
        self.assertEqual([c["id"] for c in self.listed(found[-1]["path"])], [ids[-1]])

    def test_show_tells_files_plan_and_kind_of_the_newest(self):
        self.stopped_job()
        newest = self.listed()[0]
        text = self.ok("checkpoints", "show", "data")
        self.assertIn(f"checkpoint  {newest['id']} of job 'clicks'\nkind        stopped: the job continues from here", text)
        self.assertIn("\nPLAN\nSink(", text)
        self.assertIn("GroupAggregate(", text)
        shown = json.loads(self.ok("checkpoints", "show", newest["path"], "-o", "json"))
        files = {f["name"]: f["size_bytes"] for f in shown["files"]}
        on_disk = {f.name: f.stat().st_size for f in (self.folder / newest["path"]).iterdir()}
        self.assertEqual({**files, "MANIFEST": on_disk["MANIFEST"]}, on_disk)
        self.assertEqual((shown["id"], shown["key_groups"]), (newest["id"], 128))

    def test_checkpoints_of_a_running_job_are_whole_at_any_time(self):
        job = self.start("run", self.write("a.sql", SCRIPT % {"rows": 100000000, "rate": 20000}))
        self.wait_for_checkpoints(2)
        for _ in range(20):
            for verdict in json.loads(self.ok("checkpoints", "verify", "data", "--json")):
                self.assertEqual((verdict["status"], verdict["problem"]), ("ok", None))
        self.assertIsNone(job.poll())

    def test_a_damaged_checkpoint_stops_the_job_and_an_older_one_can_be_named(self):
        script = self.stopped_job()
        newest, older = self.listed()[:2]
        name = sorted(f.name for f in (self.folder / newest["path"]).iterdir())[-1]
        self.damage(f"chk-{newest['id']:06}/{name}", 60)
        done = self.weir("checkpoints", "verify", "data")
        self.assertEqual(done.returncode, 1)
        bad = [line for line in done.stdout.splitlines() if "damaged" in line]
        self.assertEqual(len(bad), 1)
        self.assertRegex(bad[0], rf"^{newest['path']}  {name} +.* damaged: block 1 of \d+ of file .*its checksum is wrong$")
        self.assertIn(" 1 damaged", done.stderr)
        refused = self.weir("run", script)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("block 1 of", refused.stderr)
        hint = re.search(r"-D (execution\.state-recovery\.path=\S+)", refused.stderr)[1]
        self.assertEqual(hint, f"execution.state-recovery.path={older['path']}")
        job = self.start("run", script, "-D", hint)
        self.wait_for_checkpoints(newest["id"] + 3)
        job.send_signal(signal.SIGTERM)
        job.wait(program.TIMEOUT_SECONDS)
        self.assertEqual(self.ok("checkpoints", "verify", "data").count("damaged"), 0)

    def test_a_kill_at_any_step_of_publishing_leaves_whole_checkpoints_to_go_on_from(self):
        self.assertGreaterEqual(len(SITES), 10)
        for site in SITES:
            for visit in (1, 3):
                with self.subTest(site=site, visit=visit):
                    shutil.rmtree(self.folder / "data", ignore_errors=True)
                    script = self.write("a.sql", SCRIPT % {"rows": 3000, "rate": 10000})
                    killed = self.weir("run", script, WEIR_KILL_AT=f"{site}:{visit}")
                    self.assertEqual(killed.returncode, -signal.SIGKILL, killed.stderr)
                    if list(self.folder.glob("data/clicks/chk-??????")):
                        self.assertEqual(self.ok("checkpoints", "verify", "data").count("damaged"), 0)
                    self.ok("run", script)
                    self.assertEqual(self.listed()[0]["kind"], "finished")
                    self.ok("checkpoints", "verify", "data")
                    self.assertEqual(list(self.folder.glob("data/clicks/*.tmp")), [])
                    self.assertEqual(list(self.folder.glob("data/clicks/.trash*")), [])

    def test_a_failing_sync_ends_the_process_and_the_job_goes_on_from_the_last_good_checkpoint(self):
        source, library = self.write("bad.c", BAD_DISK), str(self.folder / "bad.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
        script = self.write("a.sql", SCRIPT % {"rows": 3000, "rate": 10000})
        done = self.weir("run", script, LD_PRELOAD=library, BAD_FROM="5")
        self.assertEqual(done.returncode, -signal.SIGABRT, done.stderr)
        self.assertIn("Input/output error", done.stderr)
        self.assertIn("start it again to continue from the last published checkpoint", done.stderr)
        self.assertEqual([c["id"] for c in self.listed()], [2, 1])
        self.ok("run", script)
        self.assertEqual(self.listed()[0]["kind"], "finished")

    def test_checkpoints_of_the_first_format_are_shown(self):
        self.assertIn("job 'clicks über \"all\"'", self.ok("checkpoints", "show", str(GOLDEN)))
        self.assertRegex(self.ok("checkpoints", "show", str(GOLDEN)), r"SINK +SOURCE +READ .*\ncounts +clicks +3 ")
        self.assertEqual(self.ok("checkpoints", "verify", str(GOLDEN / "chk-000007")).count(" ok\n"), 3)

    def test_what_cannot_be_done_is_told_with_a_way_out(self):
        (self.folder / "empty").mkdir()
        for args, code, text in [(["ls", "nowhere"], 1, "no directory 'nowhere'"), (["ls", "empty"], 1, "holds no checkpoints"),
                                 (["list", "empty"], 2, "'list'"), ([], 2, "ls, show or verify is missing"),
                                 (["ls"], 2, "directory is missing"), (["ls", "a", "b"], 2, "'b'"),
                                 (["ls", "empty", "-o", "yaml"], 2, "'yaml'"), (["ls", "empty", "--all"], 2, "'--all'")]:
            done = self.weir("checkpoints", *args)
            self.assertEqual(done.returncode, code, args)
            self.assertIn(text, done.stderr)
            self.assertEqual(done.stdout, "")
        for name in ("one", "two"):
            shutil.copytree(GOLDEN, self.folder / "both" / name)
        done = self.weir("checkpoints", "show", "both")
        self.assertEqual(done.returncode, 1)
        self.assertIn("name one: weir checkpoints show both/one", done.stderr)
        self.assertEqual(len(self.listed("both")), 2)


if __name__ == "__main__":
    unittest.main()
