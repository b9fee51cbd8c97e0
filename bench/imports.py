"""What a handler imports, by package, as `python -X importtime` tells it."""

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PATHS = os.pathsep.join(map(str, (_ROOT / "functions", _ROOT / "layers" / "realtime-sms")))
_OURS = {path.name for path in (_ROOT / "functions").iterdir()} | {"realtime_sms"}


def by_package(module: str) -> dict[str, float]:
    """Give the milliseconds that each package's own modules take; the standard library and our own code as one each."""
    told = {"PATH": os.environ["PATH"], "PYTHONPATH": _PATHS}
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    run = subprocess.run(command, env=told, capture_output=True, text=True, check=True)
    found: defaultdict[str, float] = defaultdict(float)
    for line in run.stderr.splitlines():
        own, _, name = line.removeprefix("import time:").split("|")
        if own.strip().isdigit():
            found[_package(name.strip().partition(".")[0])] += int(own) / 1000
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _package(name: str) -> str:
    if name in _OURS:
        return "ours"
    return "standard library" if name.lstrip("_") in sys.stdlib_module_names | {"site"} else name
