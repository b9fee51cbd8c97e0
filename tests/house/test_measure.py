"""How much code one warm send runs, so that the path stays short."""

import os
import re
import subprocess
import sys

MOST_FILES = 24
MOST_FUNCTIONS = 110


def test_one_warm_send_runs_few_files_and_functions() -> None:
    """The send function's way for one message stays short enough to read."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.house.measure"], env=environment, capture_output=True, text=True, check=False
    )
    sums = re.search(r"^(\d+) files, (\d+) functions, \d+ calls$", done.stdout, re.MULTILINE)
    assert sums, done.stderr
    files, functions = map(int, sums.groups())
    assert 0 < files <= MOST_FILES, done.stdout
    assert files < functions <= MOST_FUNCTIONS, done.stdout
