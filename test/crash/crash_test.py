"""Kills the engine under load, at random moments and at every step that must survive one."""
import os
import random
import re
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from pipeline import Case, Load, Pipeline, check, wait_until  # noqa: E402

REPO = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("WEIR_KILLS", "50"))


def fault_sites():
    """Every place in the sources at which the program may be told to die."""
    text = "".join(f.read_text() for f in REPO.glob("src/**/*.[ch]") if not f.name.endswith("_test.c"))
    return sorted(set(re.findall(r'env_fault\("([\w.-]+)"\)', text)))


class Crash(Case):
    def test_kills_at_random_moments_lose_nothing_and_double_nothing(self):
        pipeline, dice = Pipeline(self.folder), random.Random(7)
        pipeline.start()
        self.addCleanup(lambda: pipeline.process.kill())
        with Load(pipeline) as load:
            for kill in range(KILLS):
                load.wait_for(200)
                load.stopping.wait(dice.uniform(0, 0.4))
                pipeline.kill()
                pipeline.workers = dice.choice([1, 2, 3])
                pipeline.start()
            load.wait_for(2000)
        pipeline.drain()
        check(self, pipeline, load)
        self.assertGreater(len(load.acked), 200 * KILLS)

    def die_at(self, pipeline, site):
        pipeline.start(ready=False, WEIR_KILL_AT=site)
        try:
            wait_until(f"{site} is reached", lambda: pipeline.process.poll() is not None, 30)
        finally:
            pipeline.kill()
        self.assertEqual(pipeline.process.returncode, -signal.SIGKILL, pipeline.said())

    def test_a_kill_at_each_step_loses_nothing_and_doubles_nothing(self):
        sites = fault_sites()
        self.assertGreater(len(sites), 10)
        pipeline = Pipeline(self.folder)
        with Load(pipeline) as load:
            for site in sites:
                with self.subTest(site):
                    for visit in 1, 3:
                        self.die_at(pipeline, f"{site}:{visit}")
            pipeline.start()
            load.wait_for(2000)
        pipeline.drain()
        check(self, pipeline, load)


if __name__ == "__main__":
    unittest.main()
