"""realdata - runs an example over real data, in every mode, for the tests of this folder.

The data lies in the folder that WEIR_TEST_DATA names; without it every test fails. The program is $WEIR.
"""
import collections
import os
import re
import subprocess
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("WEIR_TEST_DATA", REPO.parent / "shared" / "data"))
WEIR = os.environ.get("WEIR", str(REPO / "build/release/src/cli/weir"))
MODES = [(workers, batch_rows) for workers in (1, 3) for batch_rows in (1, 7, 2048)]


def data(name):
    path = DATA / name
    if not path.is_file():
        raise AssertionError(f"{path} is missing: set WEIR_TEST_DATA to the folder of the test data")
    return path


def run(script, workers, batch_rows):
    """The rows that the script's print table got, as a bag of texts `a, b, c`."""
    command = [WEIR, "run", "-D", f"parallelism.default={workers}", "-D", f"weir.batch.rows={batch_rows}", str(REPO / script)]
    done = subprocess.run(command, env={**os.environ, "WEIR_TEST_DATA": str(DATA)}, capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    # Flink's print connector writes `2> +I[a, b]`, the subtask only when there are several.
    rows = re.findall(r"^(?:\d+> )?\+I\[(.*)\]$", done.stdout, re.M)
    return collections.Counter(rows)


def in_every_mode(check):
    """Makes a test of each mode from check(self, workers, batch_rows)."""

    class Modes(unittest.TestCase):
        maxDiff = 4000

    for workers, batch_rows in MODES:
        name = f"test_{workers}_workers_{batch_rows}_rows_a_batch"
        setattr(Modes, name, lambda self, w=workers, b=batch_rows: check(self, w, b))
    Modes.__name__ = Modes.__qualname__ = check.__name__
    Modes.__module__ = check.__module__
    return Modes
