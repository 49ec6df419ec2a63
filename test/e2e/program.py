"""program - starts the program under test ($WEIR) on scripts written into a temporary folder."""
import os
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
WEIR = os.environ.get("WEIR", str(REPO / "build/release/src/cli/weir"))
TIMEOUT_SECONDS = 60


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as s:
        return s.getsockname()[1]


def wait_until(what, look, seconds=TIMEOUT_SECONDS, pause_seconds=0.01):
    """The first true answer of `look`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(pause_seconds)
    return found


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

    def small_disk(self, size):
        """The path of a file system of its own: that of a process with other mounts than ours, which needs no root."""
        mount = f'mount -t tmpfs -o size={size} none "$1" && echo mounted && exec cat'
        holder = subprocess.Popen(["unshare", "-rm", "sh", "-c", mount, "sh", self.folder], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE)
        self.addCleanup(holder.communicate)
        self.assertEqual(holder.stdout.readline(), b"mounted\n", "this test mounts a file system: unshare -rm must work")
        return Path(f"/proc/{holder.pid}/root{self.folder}")

    def fill(self, disk):
        """Until nothing more fits; gives the file to remove."""
        with open(disk / "ballast", "wb", buffering=0) as f:
            for piece in 16 << 20, 1 << 20, 4096:
                try:
                    while True:
                        os.posix_fallocate(f.fileno(), os.fstat(f.fileno()).st_size, piece)
                except OSError:
                    pass  # so much at once does not fit any more
        return disk / "ballast"

    def start(self, *args):
        """A process that is killed when the test ends."""
        job = subprocess.Popen([WEIR, *args], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        self.addCleanup(job.communicate)
        self.addCleanup(job.kill)
        return job
