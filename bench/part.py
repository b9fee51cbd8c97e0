"""What a part of the benchmark brings: goals with their figures, tables, and numbers for the plot."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

_LEAST_TOLD = 0.01  # of a bound; what is less would read as nothing


@dataclass(frozen=True, slots=True)
class Goal:
    """One figure and the bound that it must keep; `why` is what the measurements show if it does not."""

    name: str
    value: float
    bound: float
    sense: Literal["least", "most"]
    unit: str
    why: str = ""

    @property
    def met(self) -> bool:
        """Say whether the figure is on the right side of its bound."""
        return self.value >= self.bound if self.sense == "least" else self.value <= self.bound

    @property
    def gap(self) -> str:
        """Say by how much it is missed, in hundredths of the bound; nothing if it is met."""
        if self.met:
            return ""
        gap = abs(self.value / self.bound - 1)
        return f"missed by {gap:.0%}" if gap >= _LEAST_TOLD else f"missed by less than {_LEAST_TOLD:.0%}"

    @property
    def as_row(self) -> list[str]:
        """Give goal, bound, figure and verdict as a table shows them."""
        wanted = f"at {self.sense} {_number(self.bound)} {self.unit}"
        return [self.name, wanted, f"{_number(self.value)} {self.unit}", "met" if self.met else self.gap]


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of text; `note` says what a reader must know to read it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What one part measured; `numbers` are for the plot and for whoever reads the JSON."""

    goals: Sequence[Goal]
    tables: Sequence[Table]
    numbers: dict[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


class Measure(Protocol):
    """Measures one part; `quick` asks for the least that shows that it works."""

    def __call__(self, *, quick: bool) -> Result:
        """Do it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that can be run alone (`make bench ONLY=name`), and how it measures, in words."""

    name: str
    title: str
    method: str
    measure: Measure


def _number(value: float) -> str:
    """Write a figure with three digits that count, or whole."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"  # noqa: PLR2004
