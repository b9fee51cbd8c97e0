"""What the parts of the benchmark found, as Markdown that can be read on a terminal too."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

_TEMPLATE = Path(__file__).with_name("performance.md.in")
_PACKAGES = ("boto3", "urllib3", "pydantic", "aws-lambda-powertools", "awslambdaric")


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure and its bound; `why` explains a miss with measured figures."""

    name: str
    value: float
    bound: float
    sense: Literal["least", "most"]
    unit: str
    why: str = ""

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.sense == "least" else self.value <= self.bound

    @property
    def verdict(self) -> str:
        """Return "met", or by how much of the bound the goal is missed."""
        gap = abs(self.value / self.bound - 1)
        return "met" if self.met else f"missed by {gap:.0%}" if gap >= 0.01 else "missed by less than 1%"  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of text."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        rows = [self.columns, *self.rows]
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        head, *lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
        return "\n".join([head, "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines, ""])


@dataclass(frozen=True, slots=True)
class Result:
    """What one part found; `figures` are compared between two checkouts, and named with their units."""

    goals: Sequence[Goal] = ()
    tables: Sequence[Table] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
    failed: str = ""

    def __str__(self) -> str:
        return f"This part could not be measured: {self.failed}.\n" if self.failed else "\n".join(map(str, self.tables))


def page(results: Mapping[str, Result], machine: str) -> str:
    """Return the whole page."""
    told = {name: str(result) for name, result in results.items()}
    return _TEMPLATE.read_text(encoding="utf-8").format(goals=_goals(results.values()), machine=machine, **told)


def terminal(results: Mapping[str, Result], machine: str) -> str:
    """Return goals and tables without the prose of the page."""
    return "\n".join([f"{machine}\n", _goals(results.values()), *map(str, results.values())])


def machine() -> str:
    """Return what the figures are measured on, and the load that was there before."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    processor = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    python = f"{platform.system()}, Python {platform.python_version()}"
    load = f"at a load of {os.getloadavg()[0]:.1f} before the run"
    return f"{processor}, {os.cpu_count()} cores, {python}, {packages}; on {datetime.now(UTC):%Y-%m-%d}, {load}"


def _goals(results: Iterable[Result]) -> str:
    goals = [goal for result in results for goal in result.goals]
    bounds = [f"at {goal.sense} {_number(goal.bound)} {goal.unit}" for goal in goals]
    rows = [[one.name, bound, _number(one.value), one.verdict] for one, bound in zip(goals, bounds, strict=True)]
    missed = [f"- **{goal.name}**: {goal.verdict}. {goal.why}" for goal in goals if not goal.met]
    table = Table(["Goal", "Bound", "Measured", ""], rows)
    why = ["Missed, and why:\n", *missed, ""] if missed else []
    return "\n".join([f"{len(goals) - len(missed)} of {len(goals)} are met.\n", str(table), *why])


def _number(value: float) -> str:
    """Return a figure with three significant digits, or whole."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"  # noqa: PLR2004
