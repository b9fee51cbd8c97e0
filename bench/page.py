"""The page and the terminal's table, both written from the same measurements as the JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.part import Goal, Table

type Report = Mapping[str, Any]

_INTRO = """# Performance

`make bench` measured all of this in one run and wrote this page, [performance.json](performance.json) and the plot. The
goals were set before the code was measured. Figures are for one machine, the ratios are meant to hold on others: run it
on yours. It needs what `make test` needs, and fetches the peers, pinned, into an environment of its own.

```sh by hand
make bench
make bench ONLY=codec,cpu
```

The second form prints its figures and leaves this page as it is.
"""


def page(report: Report) -> str:
    """Write the page in Markdown."""
    parts = report["parts"]
    goals = [(part["title"], Goal(**goal)) for part in parts for goal in part["goals"]]
    met = sum(goal.met for _, goal in goals)
    sections = [
        _INTRO,
        "![Plots of the main figures](performance.svg)\n",
        "## Goals\n",
        f"{met} of {len(goals)} are met.\n",
        _grid(["", "Goal", "Bound", "Measured", ""], [[title, *goal.as_row] for title, goal in goals]),
        *_missed(goals),
        *(_section(part) for part in parts),
        "## Measured on\n",
        _grid(["", ""], [[name, str(value)] for name, value in report["machine"].items()]),
    ]
    return "\n".join(sections)


def terminal(report: Report) -> str:
    """Write goals and tables for a terminal."""
    lines: list[str] = [", ".join(f"{name}: {value}" for name, value in report["machine"].items()), ""]
    for part in report["parts"]:
        lines += [part["title"], ""]
        if "failed" in part:
            lines += [f"  FAILED: {part['failed']}", ""]
            continue
        lines += _columns([Goal(**goal).as_row for goal in part["goals"]])
        for table in part["tables"]:
            lines += ["", f"  {table['title']}", *_columns([table["columns"], *table["rows"]])]
        lines += ["", *(f"  {note}" for note in part["notes"]), ""]
    return "\n".join(lines)


def _missed(goals: Iterable[tuple[str, Goal]]) -> list[str]:
    lines = [f"- **{title}, {goal.name}**: {goal.gap}. {goal.why}" for title, goal in goals if not goal.met]
    return ["### What is missed, and why\n", "\n".join(lines) + "\n"] if lines else []


def _section(part: Mapping[str, Any]) -> str:
    pieces = [f"## {part['title']}\n", part["method"] + "\n"]
    if "failed" in part:
        pieces.append(f"This part could not be measured: {part['failed']}.\n")
        return "\n".join(pieces)
    for told in part["tables"]:
        table = Table(**told)
        pieces += [
            f"### {table.title}\n",
            *([table.note + "\n"] if table.note else []),
            _grid(table.columns, table.rows),
        ]
    return "\n".join([*pieces, *(f"{note}\n" for note in part["notes"])])


def _grid(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    return "\n".join([*head, *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows), ""])


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))] if rows else []
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
