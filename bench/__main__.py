"""`python -m bench`: measure, print, and after a whole run write the page, the JSON and the plot."""

import argparse
import importlib
import json
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import machine
from bench.page import page, terminal
from bench.part import Part

PARTS = ("codec", "cpu", "throughput", "latency", "cold", "money", "growth", "rate")
"""The modules of the parts, in the order of the page; each is imported only when it is run."""

_DOCS = Path(__file__).resolve().parents[1] / "docs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen parts; give 1 if one could not be measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"parts, with commas between them: {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="one small round: shows that it runs, not how fast it is")
    given = parser.parse_args(arguments)
    wanted = [name for name in given.only.split(",") if name] or list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    told = machine.described()
    parts = [_measured(_part(name), quick=given.quick) for name in PARTS if name in wanted]
    report = {"machine": told, "parts": parts}
    sys.stdout.write(terminal(report))
    if len(parts) == len(PARTS) and not given.quick:
        write(report)
    return int(any("failed" in part for part in parts))


def _part(name: str) -> Part:
    part: Part = importlib.import_module(f"bench.{name}").PART
    return part


def _measured(part: Part, *, quick: bool) -> dict[str, Any]:
    """Measure one part; what goes wrong in it is told and does not keep the others from being measured."""
    sys.stderr.write(f"{part.title} … ")
    sys.stderr.flush()
    start = time.monotonic()
    told: dict[str, Any] = {"name": part.name, "title": part.title, "method": part.method}
    empty: dict[str, Any] = {"goals": [], "tables": [], "numbers": {}, "notes": []}
    try:
        found = asdict(part.measure(quick=quick))
    except Exception as error:  # noqa: BLE001 (told, and the exit status says it too)
        traceback.print_exc()
        return told | empty | {"failed": f"{type(error).__name__}: {error}"}
    seconds = round(time.monotonic() - start)
    sys.stderr.write(f"{seconds} s\n")
    return told | found | {"seconds": seconds}


def write(report: dict[str, Any]) -> None:
    """Write the page, the JSON and the plot."""
    from bench.plot import draw  # noqa: PLC0415 (only here is matplotlib needed)

    (_DOCS / "performance.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (_DOCS / "performance.md").write_text(page(report), encoding="utf-8")
    draw(report, _DOCS / "performance.svg")


if __name__ == "__main__":
    sys.exit(main())
