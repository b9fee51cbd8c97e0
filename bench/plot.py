"""The plot of the page: one panel a part, drawn from the JSON."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_OURS, _OTHER, _GOAL = "#1f6f8b", "#c8c8c8", "#c0392b"


def draw(report: Mapping[str, Any], path: Path) -> None:
    """Draw what the parts of the report have numbers for; the format is the path's."""
    mpl.rcParams.update({"svg.hashsalt": "bench", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    numbers = {part["name"]: part["numbers"] for part in report["parts"] if part["numbers"]}
    panels = [(name, panel) for name, panel in _PANELS.items() if name in numbers]
    figure = Figure(figsize=(11, 3.1 * ((len(panels) + 1) // 2)), layout="constrained")
    for place, (name, panel) in enumerate(panels, start=1):
        panel(figure.add_subplot((len(panels) + 1) // 2, 2, place), numbers[name])
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _codec(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Bars for how many times as fast as the fastest correct peer counting is."""
    kinds = list(numbers["counting"])
    ratios = [numbers["counting"][kind] for kind in kinds]
    bars = axes.barh(kinds, ratios, color=_OURS)
    axes.bar_label(bars, [f"{ratio:,.0f}" for ratio in ratios], padding=3)
    axes.plot([numbers["bounds"][kind] for kind in kinds], kinds, "|", color=_GOAL, markersize=12, markeredgewidth=2)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set_title("Counting: times as fast as the fastest correct peer (red: goal)")


_PANELS: dict[str, Callable[[Axes, Mapping[str, Any]], None]] = {"codec": _codec}
