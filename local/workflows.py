"""Check the workflows of GitHub Actions with actionlint: `python -m local.workflows`."""

import subprocess
import sys
from pathlib import Path

from local import ROOT
from local.node_packages import node_packages


def main(root: Path = ROOT) -> int:
    """Print what is wrong; return the exit code. Without Node.js, nothing is checked, which a line says."""
    packages = node_packages(ROOT / "local" / "node")
    if not packages:
        print("The workflows were not checked: actionlint needs Node.js and npm.", file=sys.stderr)
        return 0
    command = packages / "node_modules" / "@tktco" / "node-actionlint" / "bin" / "node-actionlint.js"
    done = subprocess.run(["node", command], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        print(done.stdout + done.stderr, file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
