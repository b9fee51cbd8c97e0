"""Compile what SAM CLI has built, so that a function starts faster: `python -m local.compiled FOLDER`.

`sam build` makes no compiled files. Without them, Python compiles all packages in each new environment of a function.
"""

import subprocess
import sys
from pathlib import Path

# Python compares the hash of a source with that in its compiled file. SAM CLI and Lambda change the times of files.
_COMPILE = ("compileall", "-q", "-j", "0", "--invalidation-mode", "checked-hash")


def compile_all(built: Path) -> None:
    """Compile all Python files of a folder; the result depends on their content alone.

    Raises CalledProcessError if one cannot be compiled; Python has printed which.
    """
    subprocess.run([sys.executable, "-m", *_COMPILE, "."], cwd=built, check=True)


if __name__ == "__main__":
    compile_all(Path(sys.argv[1]))
