"""Packages for Node.js, of which a folder has `package.json` and `package-lock.json`."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from local import SCRATCH


def node_packages(wanted: Path) -> Path | None:
    """Install what a folder's lock names, once for each state of it; return where, or None without Node.js and npm.

    Nothing that a package brings is run. Raises CalledProcessError if npm fails.
    """
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    lock = (wanted / "package-lock.json").read_bytes()
    folder = SCRATCH / "node" / hashlib.sha256(lock).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "installing").open("wb") as one_at_a_time:
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not (folder / "node_modules" / ".package-lock.json").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(wanted / name, folder)
            options = ["--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(["npm", "ci", *options], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder
