"""`python -m bench`: measure, print, and after a whole run write docs/performance.md."""

import argparse
import importlib
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench import report
from bench.harness import ROOT, Setup
from bench.report import Result, Table

COMPARED = ("cpu", "throughput", "latency", "cold", "money")
"""The parts that can measure another checkout too."""
PARTS = (*COMPARED, "growth", "codec")
"""The modules of all parts; each is imported only when it is run."""

_PAGE = ROOT / "docs" / "performance.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen parts; return 1 if one could not be measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"parts, with commas between them: {', '.join(PARTS)}")
    parser.add_argument("--against", type=Path, help=f"another checkout, measured in turns: {', '.join(COMPARED)}")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each of two checkouts")
    parser.add_argument("--quick", action="store_true", help="one small round: shows that it runs, not how fast it is")
    given = parser.parse_args(arguments)
    offered = COMPARED if given.against else PARTS
    names = [name for name in given.only.split(",") if name] or list(offered)
    if unknown := set(names) - set(offered):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(offered)}")
    machine = report.machine()
    if given.against:
        sys.stdout.write(f"{machine}\n\n{compared(names, given.against.resolve(), given.rounds, quick=given.quick)}")
        return 0
    results = {name: _measured(name, Setup(quick=given.quick)) for name in names}
    sys.stdout.write(report.terminal(results, machine))
    if len(names) == len(PARTS) and not given.quick:
        _PAGE.write_text(report.page(results, machine), encoding="utf-8")
    return int(any(result.failed for result in results.values()))


def compared(names: Sequence[str], other: Path, rounds: int, *, quick: bool) -> str:
    """Measure this checkout and another one in turns; return the figures of both, and their ratio round by round."""
    setups = [Setup(code, quick=quick, fewer=True) for code in (ROOT, other)]
    found: dict[str, list[list[float]]] = defaultdict(list)
    for turn in range(rounds):
        sys.stderr.write(f"round {turn + 1} of {rounds}\n")
        for name in names:
            results = [_part(name, setup).figures for setup in (setups if turn % 2 else setups[::-1])]
            ours, theirs = results if turn % 2 else results[::-1]
            for figure in ours.keys() & theirs.keys():
                found[figure].append([ours[figure], theirs[figure]])
    rows = []
    for figure, values in sorted(found.items()):
        ratios = sorted(one / another for one, another in values)
        medians = [f"{median(side):,.4g}" for side in zip(*values, strict=True)]
        rows.append([figure, *medians, f"{median(ratios):.3f}", f"{ratios[0]:.3f} to {ratios[-1]:.3f}"])
    return str(Table(["", "this checkout", "the other", "ratio, median", "of all rounds"], rows))


def _part(name: str, setup: Setup) -> Result:
    result: Result = importlib.import_module(f"bench.{name}").measure(setup)
    return result


def _measured(name: str, setup: Setup) -> Result:
    """Measure one part; its failure is reported and does not keep the others from being measured."""
    sys.stderr.write(f"{name} … ")
    sys.stderr.flush()
    began = time.monotonic()
    try:
        result = _part(name, setup)
    except Exception as error:  # noqa: BLE001 (reported, and the exit status says it too)
        traceback.print_exc()
        return Result(failed=f"{type(error).__name__}: {error}")
    sys.stderr.write(f"{time.monotonic() - began:.0f} s\n")
    return result


if __name__ == "__main__":
    sys.exit(main())
