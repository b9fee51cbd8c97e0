"""What a command prints: text for a person, or JSON with `--json`. Results go to stdout, errors to stderr."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rtsms.errors import CommandError, Exit

_PIPED_WIDTH = 140  # columns where there is no terminal that has a width


def make_console(*, stderr: bool = False) -> Console:
    """Make a console that interprets no markup: brackets in a text are shown as they are."""
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    width = None if terminal else _PIPED_WIDTH
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, width=width)


@dataclass(frozen=True)
class Output:
    """Prints the results of a command; `as_json` is the option `--json`."""

    as_json: bool = False
    console: Console = field(default_factory=make_console)

    def result(self, document: Mapping[str, object], *shown: RenderableType) -> None:
        """Print one result: the document as a line of JSON, or else what is shown to a person."""
        if self.as_json:
            self.json_line(document)
        self.text(*shown)

    def text(self, *shown: RenderableType) -> None:
        """Print to a person only; with `--json` print nothing."""
        for one in () if self.as_json else shown:
            self.console.print(one, soft_wrap=isinstance(one, str | Text))  # a line that is piped on must stay one

    def json_line(self, document: Mapping[str, object]) -> None:
        """Print one line of JSON."""
        click.echo(json.dumps(document, ensure_ascii=False))

    def confirm(self, question: str, *, option: str) -> bool:
        """Ask on the terminal; where that is not possible, raise an error that names the option to pass."""
        if self.as_json or not sys.stdin.isatty():
            what = "--json asks no questions" if self.as_json else "not a terminal"
            raise CommandError(Exit.USAGE, "rtsms", what, to_do=f"pass {option}")
        return click.confirm(question, err=True)


def print_error(error: CommandError, *, as_json: bool) -> None:
    """Print an error to stderr."""
    if as_json:
        click.echo(json.dumps(error.document, ensure_ascii=False), err=True)
        return
    for line in error.lines:
        make_console(stderr=True).print(line, soft_wrap=True, style="red" if line.startswith("error") else None)


def make_table(*columns: str) -> Table:
    """Make a table; columns whose name ends with `#` hold numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.rstrip("#"), justify="right" if column.endswith("#") else "left", overflow="fold")
    return table


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: `1 segment`, `2 segments`."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
