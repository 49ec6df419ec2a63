"""What disks do to a job: power loss, no space left, and bits that flip."""
import http.client
import os
import random
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from disk import Disk  # noqa: E402
from pipeline import DEADLINE_SECONDS, Case, Load, Pipeline, check, wait_until  # noqa: E402

POWER_CUTS = int(os.environ.get("WEIR_POWER_CUTS", "10"))
FULL_SECONDS = int(os.environ.get("WEIR_FULL_DISK_SECONDS", "15"))
FLIPS = int(os.environ.get("WEIR_FLIPS", "500"))


class DiskTest(Case):
    def test_a_power_cut_loses_what_was_not_synced(self):
        disk = Disk(self, self.folder, 64)
        for name in "synced", "written":
            with open(disk.path / name, "w") as f:
                f.write("all of it")
                f.flush()
                if name == "synced":
                    os.fsync(f.fileno())
        disk.cut_power()
        disk.give_power()
        self.assertEqual((disk.path / "synced").read_text(), "all of it")
        written = disk.path / "written"
        self.assertFalse(written.exists() and written.read_text() == "all of it")

    def test_power_loss_loses_nothing_that_was_acknowledged(self):
        disk, dice = Disk(self, self.folder, 1024), random.Random(11)
        pipeline = Pipeline(self.folder, data=disk.path)
        pipeline.start()
        self.addCleanup(lambda: pipeline.process.kill())
        with Load(pipeline) as load:
            for _ in range(POWER_CUTS):
                load.wait_for(500)
                load.stopping.wait(dice.uniform(0, 0.5))
                # A processor without power answers nobody. The kernel, which goes on here, says of a sync that is
                # under way when the disk goes that it has succeeded, now and then.
                pipeline.freeze()
                disk.cut_power()
                pipeline.kill()
                disk.give_power()
                pipeline.start()
            load.wait_for(2000)
        pipeline.drain()
        check(self, pipeline, load)

    def test_a_full_disk_stops_the_intake_and_loses_nothing(self):
        disk = Disk(self, self.folder, 512)
        pipeline = Pipeline(self.folder, data=disk.path)
        pipeline.start()
        self.addCleanup(lambda: pipeline.process.kill())
        with Load(pipeline, rate=20000) as load:
            load.wait_for(2000)
            ballast = self.fill(disk.path)
            load.stopping.wait(FULL_SECONDS)
            self.assertIsNone(pipeline.process.poll(), f"the engine went on:\n{pipeline.said()}")
            ballast.unlink()
            load.wait_for(2000)
        pipeline.drain()
        check(self, pipeline, load)
        self.assertGreater(load.answers[507], 0, load.answers)

    def test_no_flipped_bit_gives_a_wrong_result(self):
        pipeline, dice = Pipeline(self.folder), random.Random(13)
        pipeline.start()
        self.addCleanup(lambda: pipeline.process.kill())
        with Load(pipeline) as load:
            load.wait_for(3000)
            wait_until("there is a checkpoint", lambda: any(pipeline.data.glob("checkpoints/*/chk-*")))
            load.wait_for(500)
        pipeline.kill()
        kept = self.folder / "kept"
        copy(pipeline.data, kept)
        newest = max(f for f in kept.glob("checkpoints/*/chk-*") if not f.suffix)  # chk-N.tmp was never published; older ones are not read
        files = [f for f in [*newest.iterdir(), *(kept / "log").iterdir()] if f.stat().st_size > 0 and f.name != "LOCK"]
        noticed = {"refused": 0, "said": 0}
        for flip in range(FLIPS):
            shutil.rmtree(pipeline.data)
            copy(kept, pipeline.data)
            file = pipeline.data / dice.choice(files).relative_to(kept)
            at = dice.randrange(written_bytes(file))
            with open(file, "r+b") as f:
                f.seek(at)
                byte = f.read(1)[0]
                f.seek(at)
                f.write(bytes([byte ^ 1 << dice.randrange(8)]))
            what = f"byte {at} of {file.relative_to(pipeline.data)}"
            pipeline.start(ready=False)
            wait_until(what, lambda: pipeline.process.poll() is not None or pipeline.is_ready())
            if self.ends_well(pipeline):
                self.assertRegex(pipeline.said(), "damaged|cannot be read", f"{what} went unnoticed")
                check(self, pipeline, load)
                noticed["said"] += 1
            else:
                self.assertEqual(pipeline.process.returncode, 1, f"{what}: {pipeline.said()}")
                self.assertIn("error: ", pipeline.said(), what)
                noticed["refused"] += 1
        print(f"{FLIPS} flips: {noticed}")

    @staticmethod
    def ends_well(pipeline):
        """Reads all there is and drains, unless damage is found on the way."""
        try:
            if pipeline.process.poll() is None:
                pipeline.drain()
            return pipeline.process.returncode == 0
        except (AssertionError, OSError, http.client.HTTPException):
            pipeline.process.wait(DEADLINE_SECONDS)
            return False


def copy(source, target):
    """Keeps holes: segments of the log are mostly empty."""
    subprocess.run(["cp", "-a", "--sparse=always", str(source), str(target)], check=True)


def written_bytes(file):
    """Up to the last byte that is not zero: what lies behind was only reserved."""
    data = file.read_bytes()
    return max(len(data.rstrip(b"\0")), 1)


if __name__ == "__main__":
    unittest.main()
