"""The plot of the page: one panel a part, drawn from the JSON."""

from collections.abc import Callable, Mapping, Sequence
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
    panels = [(name, panel) for name, panel in _PANELS if name in numbers]
    figure = Figure(figsize=(14, 3.2 * ((len(panels) + 1) // 2)), layout="constrained")
    for place, (name, panel) in enumerate(panels, start=1):
        panel(figure.add_subplot((len(panels) + 1) // 2, 2, place), numbers[name])
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _codec(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Draw how many times as fast as the fastest correct peer counting is."""
    kinds = list(numbers["counting"])
    ratios = [numbers["counting"][kind] for kind in kinds]
    bars = axes.barh(kinds, ratios, color=_OURS)
    axes.bar_label(bars, [f"{ratio:,.0f}" for ratio in ratios], padding=3)
    axes.plot([numbers["bounds"][kind] for kind in kinds], kinds, "|", color=_GOAL, markersize=12, markeredgewidth=2)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set_title("Counting: times as fast as the fastest correct peer (red: goal)")


def _cpu(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Draw the CPU of an SMS, ours coloured."""
    spent = numbers["microseconds"]
    colours = [_OURS if name.startswith("send function") else _OTHER for name in spent]
    bars = axes.barh(list(spent), list(spent.values()), color=colours)
    axes.bar_label(bars, [f"{value:,.0f}" for value in spent.values()], padding=3)
    axes.axvline(1.6 * spent["bare POST"], color=_GOAL, linestyle="--")
    axes.invert_yaxis()
    axes.set_title("CPU an SMS, µs (red: 1.6 times the bare POST)")


def _throughput(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Draw pairs of bars: calls in flight divided by latency, and what was reached; above them what one core bounds."""
    reached = numbers["reached"]
    places = range(len(reached))
    axes.bar([place - 0.2 for place in places], [one["ideal"] for one in reached.values()], 0.4, color=_OTHER)
    bars = axes.bar([place + 0.2 for place in places], [one["reached"] for one in reached.values()], 0.4, color=_OURS)
    core = [one["core"] for one in reached.values()]
    axes.plot([place - 0.2 for place in places], core, "_", color=_GOAL, markersize=40, markeredgewidth=2)
    axes.bar_label(bars, [f"{one['reached']:,.0f}" for one in reached.values()], padding=3)
    axes.set_xticks(list(places), list(reached))
    axes.set_title("SMS a second of one environment, by RealTime's latency (grey: ideal; red: one core at most)")


def _cold(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Draw pairs of bars: boto3 and its clients, and each function."""
    found = numbers["milliseconds"]
    places = range(len(found))
    axes.bar([place - 0.2 for place in places], [bare for _, bare in found.values()], 0.4, color=_OTHER)
    bars = axes.bar([place + 0.2 for place in places], [ours for ours, _ in found.values()], 0.4, color=_OURS)
    axes.bar_label(bars, [f"{ours / bare:.2f}" for ours, bare in found.values()], padding=3)
    axes.set_xticks(list(places), list(found))
    axes.set_title("Init, ms (grey: boto3 and its clients)")


def _money(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Draw pairs of bars: a million SMS of each shape, ours and the consumer's."""
    totals = numbers["dollars"]
    places = range(len(totals))
    axes.barh([place + 0.2 for place in places], [one["consumer"] for one in totals.values()], 0.4, color=_OTHER)
    axes.barh([place - 0.2 for place in places], [one["ours"] for one in totals.values()], 0.4, color=_OURS)
    for place, one in zip(places, totals.values(), strict=True):
        axes.text(one["consumer"], place + 0.2, f" {one['consumer']:,.2f}", va="center")
        axes.text(one["ours"], place - 0.2, f" {one['ours']:,.2f}", va="center")
    axes.set_yticks(list(places), [name.split(",")[0] for name in totals])
    axes.invert_yaxis()
    axes.set_title("A million SMS, USD (grey: the consumer)")


def _growth(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Draw CPU an SMS and memory over a long queue."""
    done = [step[0] for step in numbers["queue"]]
    axes.plot(done, [step[1] * 1e6 for step in numbers["queue"]], color=_OURS, marker="o", label="CPU an SMS, µs")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("messages drained")
    memory = axes.twinx()
    memory.plot(done, [step[2] / 1024 for step in numbers["queue"]], color="grey", marker=".", label="process, MiB")
    memory.set_ylim(bottom=0)
    axes.figure.legend(*_labels(axes, memory), loc="lower right", bbox_to_anchor=(0.98, 0.05), frameon=False)
    axes.set_title("Draining a long queue")


def _request(axes: Axes, numbers: Mapping[str, Any]) -> None:
    """Draw CPU an SMS over the recipients of a request."""
    sizes = [int(size) for size in numbers["request"]]
    axes.plot(sizes, [seconds * 1e6 for seconds in numbers["request"].values()], color=_OURS, marker="o")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("recipients a request")
    axes.set_title("CPU an SMS, µs, by the size of a request")


def _labels(*axes: Axes) -> tuple[list[Any], list[str]]:
    found = [one.get_legend_handles_labels() for one in axes]
    return [handle for handles, _ in found for handle in handles], [text for _, texts in found for text in texts]


_PANELS: Sequence[tuple[str, Callable[[Axes, Mapping[str, Any]], None]]] = (
    ("codec", _codec),
    ("cpu", _cpu),
    ("throughput", _throughput),
    ("cold", _cold),
    ("money", _money),
    ("growth", _request),
    ("growth", _growth),
)
