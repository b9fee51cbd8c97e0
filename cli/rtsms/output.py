"""What a command says: to a person by default, as JSON to a machine. Answers go to stdout, errors to stderr."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rtsms.fault import Fault

_PIPED_WIDTH = 140  # columns where there is no terminal that has a width


def console(*, stderr: bool = False) -> Console:
    """Make a console on which nothing is interpreted: a text that has brackets in it is shown as it is."""
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if terminal else _PIPED_WIDTH
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, width=width)


@dataclass(frozen=True)
class Output:
    """Where a command's answer goes; `as_json` is the person's `--json`."""

    as_json: bool = False
    _console: Console = field(default_factory=console)

    def tell(self, document: Mapping[str, object], *shown: RenderableType) -> None:
        """Give one answer: the document on one line to a machine, what is shown to a person."""
        if self.as_json:
            self.line(document)
        else:
            self.show(*shown)

    def show(self, *shown: RenderableType) -> None:
        """Show to a person what a machine is not told."""
        for one in () if self.as_json else shown:
            if isinstance(one, str | Text):
                self._console.print(one, soft_wrap=True)  # a line that is piped on must stay one
            else:
                self._console.print(one)

    def line(self, document: Mapping[str, object]) -> None:
        """Write one JSON line."""
        click.echo(json.dumps(document, ensure_ascii=False))

    @property
    def console(self) -> Console:
        """Give the console of the answers, for what changes while it is looked at."""
        return self._console


def tell_fault(fault: Fault, *, as_json: bool) -> None:
    """Write an error to stderr."""
    if as_json:
        click.echo(json.dumps(fault.document, ensure_ascii=False), err=True)
        return
    for line in fault.lines:
        console(stderr=True).print(line, soft_wrap=True, style="red" if line.startswith("error") else None)


def table(*columns: str) -> Table:
    """Make a table that looks as all of ours do; columns whose name ends with `#` are numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column.rstrip("#"), justify="right" if column.endswith("#") else "left", overflow="fold")
    return made
