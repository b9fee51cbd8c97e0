"""`rtsms doctor`."""

from collections import Counter

import click
from rich.text import Text

from rtsms.commands.options import on_stack, tells
from rtsms.doctor import examine
from rtsms.doctor.finding import Finding, Level
from rtsms.fault import Exit
from rtsms.output import Output
from rtsms.stack import Stack

_MARKS = {Level.GOOD: ("✓", "green"), Level.DOUBT: ("!", "yellow"), Level.BAD: ("✗", "red")}


@click.command("doctor")
@tells
@on_stack
def command(stack: Stack, out: Output) -> int:
    """Look a deployment over: what is wrong, and what to do about it.

    RealTime is asked for the balance, and nothing is sent. The exit code is 1 if something is wrong.
    """
    levels: Counter[Level] = Counter()
    for finding in examine(stack):
        levels[finding.level] += 1
        out.tell(finding.document, *_lines(finding))
    counts = {level.value: levels[level] for level in Level}
    out.tell({"summary": counts}, "", ", ".join(f"{count} {level}" for level, count in counts.items()))
    return Exit.WRONG if levels[Level.BAD] else Exit.DONE


def _lines(finding: Finding) -> list[Text | str]:
    mark, style = _MARKS[finding.level]
    line = Text.assemble((mark, style), f" {finding.check}: {finding.said}")
    return [line, f"  → {finding.to_do}"] if finding.to_do else [line]
