"""program - starts the program under test ($WEIR) on scripts written into a temporary folder."""
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
WEIR = os.environ.get("WEIR", str(REPO / "build/release/src/cli/weir"))
TIMEOUT_SECONDS = 60


class Case(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def weir(self, *args, **env):
        """Runs to the end; gives returncode, stdout and stderr."""
        return subprocess.run([WEIR, *args], cwd=self.folder, env={**os.environ, **env}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=TIMEOUT_SECONDS)

    def start(self, *args):
        """A process that is killed when the test ends."""
        job = subprocess.Popen([WEIR, *args], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        self.addCleanup(job.communicate)
        self.addCleanup(job.kill)
        return job
