"""The demo of examples/clickstream at a reduced size: posts, kill -9, resume, drain, and its own checks."""
import os
import signal
import subprocess
import sys
import unittest

import program

DEMO = program.REPO / "examples/clickstream/demo.py"


class Demo(program.Case):
    def test_the_demo_agrees_with_itself_and_leaves_nothing_running(self):
        folder = self.folder / "demo"
        done = subprocess.run([sys.executable, str(DEMO), "--weir", program.WEIR, "--folder", str(folder), "--seconds", "5",
                               "--rate", "1000", "--pause", "0.2"], cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=program.TIMEOUT_SECONDS)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("resumed from checkpoint", done.stdout)
        self.assertNotIn("NOT OK", done.stdout)
        self.nothing_runs_in(folder)

    def test_ctrl_c_stops_everything(self):
        folder = self.folder / "demo"
        demo = subprocess.Popen([sys.executable, "-u", str(DEMO), "--weir", program.WEIR, "--folder", str(folder)],
                                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(demo.communicate)
        self.addCleanup(demo.kill)
        for line in demo.stdout:
            if "posted" in line:
                break
        demo.send_signal(signal.SIGINT)
        self.assertEqual(demo.wait(program.TIMEOUT_SECONDS), 130)
        self.nothing_runs_in(folder)

    def nothing_runs_in(self, folder):
        running = [pid for pid in os.listdir("/proc") if pid.isdigit() and self.works_in(pid, folder)]
        self.assertEqual(running, [])

    @staticmethod
    def works_in(pid, folder):
        try:
            return os.readlink(f"/proc/{pid}/cwd") == str(folder)
        except OSError:
            return False

    def test_a_folder_with_files_of_somebody_else_is_left_alone(self):
        (self.folder / "precious").write_text("mine")
        done = subprocess.run([sys.executable, str(DEMO), "--weir", program.WEIR, "--folder", str(self.folder)],
                              capture_output=True, text=True, timeout=program.TIMEOUT_SECONDS)
        self.assertEqual(done.returncode, 1)
        self.assertIn("another --folder", done.stdout)
        self.assertEqual((self.folder / "precious").read_text(), "mine")


if __name__ == "__main__":
    unittest.main()
