"""The power fails: what was acknowledged is in the files once, from an ext4 file system that loses all it had not synced."""
import fcntl
import itertools
import os
import random
import struct
import subprocess
import threading
import time
import unittest

import http_test
import program

LOSSES = 10
EXT4_IOC_SHUTDOWN, WITHOUT_FLUSHING_THE_JOURNAL = 0x8004587D, 2


class PowerLoss(program.Case):
    table, load = http_test.Http.table, http_test.Http.load

    def run_as_root(self, *command):
        return subprocess.run(command, capture_output=True, text=True)

    def setUp(self):
        super().setUp()
        self.port, self.ids = http_test.free_port(), itertools.count(1)
        self.image, self.disk = str(self.folder / "image"), self.folder / "disk"
        self.disk.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(128 << 20)
        made = self.run_as_root("mkfs.ext4", "-q", self.image)
        if made.returncode != 0 or not self.mount():
            self.skipTest("no ext4 image may be mounted here")
        self.addCleanup(self.run_as_root, "umount", "-l", str(self.disk))

    def mount(self):
        return self.run_as_root("mount", "-o", "loop", self.image, str(self.disk)).returncode == 0

    def cut_power(self, job=None):
        """From one moment on nothing reaches the disk any more, not even the journal."""
        disk = os.open(self.disk, os.O_RDONLY)
        fcntl.ioctl(disk, EXT4_IOC_SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING_THE_JOURNAL))
        os.close(disk)
        if job:
            job.kill()
        gone = http_test.wait_until("the disk is free", lambda: self.run_as_root("umount", str(self.disk)).returncode == 0)
        self.assertTrue(gone and self.mount())

    def script(self):
        return self.write("job.sql", "SET 'execution.checkpointing.dir' = 'disk/checkpoints';\n"
                          "SET 'execution.checkpointing.interval' = '20 ms';\nSET 'pipeline.name' = 'job';\n"
                          "CREATE TABLE files (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'disk/out', 'format' = 'csv');\n"
                          + self.table(", 'log.dir' = 'disk/log', 'log.max-bytes' = '1 mb', 'max-body-bytes' = '100 kb'")
                          + "INSERT INTO files SELECT id FROM events;\n")

    def test_this_power_loss_loses_what_was_not_synced(self):
        for name in ("synced", "written"):
            with open(self.disk / name, "w") as file:
                file.write("all of it")
                file.flush()
                if name == "synced":
                    os.fsync(file.fileno())
        self.cut_power()
        self.assertEqual((self.disk / "synced").read_text(), "all of it")
        self.assertFalse((self.disk / "written").exists() and (self.disk / "written").read_text())

    def test_what_was_acknowledged_is_there_once(self):
        script, chance = self.script(), random.Random(4)
        stop, sent, acknowledged = threading.Event(), set(), set()
        clients = [threading.Thread(target=self.load, args=(stop, sent, acknowledged)) for _ in range(3)]
        for client in clients:
            client.start()
        try:
            for _ in range(LOSSES):
                job, before = http_test.Job(self, script).listens(), len(acknowledged)
                http_test.wait_until("events", lambda: len(acknowledged) > before + 50)
                time.sleep(chance.random() * 0.2)
                self.cut_power(job)
                # Files say which rows are published: none of them may be torn.
                checked = self.weir("checkpoints", "verify", "disk/checkpoints")
                self.assertNotIn("damaged:", checked.stdout)
            job, before = http_test.Job(self, script).listens(), len(acknowledged)
            http_test.wait_until("more events", lambda: len(acknowledged) > before + 50)
        finally:
            stop.set()
            for client in clients:
                client.join()
        http_test.wait_until("every event in a file", lambda: acknowledged <= set(self.folder_ids()))
        job.stop()
        ids = self.folder_ids()
        self.assertEqual(len(ids), len(set(ids)), "an event is there twice")
        self.assertEqual(acknowledged - set(ids), set(), "acknowledged events are lost")
        self.assertEqual(set(ids) - sent, set())

    def folder_ids(self):
        out = self.disk / "out"
        names = [p for p in out.iterdir() if p.name[0] not in "._"] if out.is_dir() else []
        return sorted(int(line) for p in names for line in p.read_text().split())


if __name__ == "__main__":
    unittest.main()
