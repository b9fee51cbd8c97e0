"""Read the file of a campaign: the options that say what each row is sent, and the bad rows as they are found."""

import sys
from collections.abc import Iterable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import TextIO

import click
from rich import progress as bars

from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import MessageType
from rtsms.bad_arguments import OurType
from rtsms.bulk.campaign import Campaign, make_campaign_id
from rtsms.bulk.columns import clean_name, number_column
from rtsms.bulk.encodings import ENCODINGS
from rtsms.bulk.mail_merge import MailMerge
from rtsms.bulk.open_file import open_file
from rtsms.bulk.sheet import Sheet
from rtsms.bulk.template import Template
from rtsms.bulk.validation import BadRow, ValidatedFile, validate
from rtsms.options import Value, combine
from rtsms.output import Output, make_console, plural
from rtsms.request import encoding_options, read_text, request_body, sending_options

COUNTS = (bars.BarColumn(), bars.MofNCompleteColumn(), bars.TimeRemainingColumn())  # of a progress bar with a total
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Delimiter(OurType):
    name = "delimiter"
    expected = "must be one character, or tab"

    def convert(self, value: Value, param: click.Parameter | None, ctx: click.Context | None) -> str:
        delimiter = "\t" if value in {"tab", "\\t"} else str(value)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            self.fail(self.expected, param, ctx)
        return delimiter


_to_column_option = click.option(
    "--to-column", help="Column of the numbers. Default: the one called number, numero, phone, celular …"
)
_table_format_options = combine(
    click.option(
        "--file-encoding",
        type=click.Choice(ENCODINGS),
        default="utf-8",
        show_default=True,
        help="Encoding of a CSV file.",
    ),
    click.option(
        "--delimiter", type=_Delimiter(), help="Delimiter of a CSV file. Default: detected among , ; tab and |."
    ),
    click.option(
        "--show", type=click.IntRange(0), default=20, show_default=True, help="List at most this many bad rows."
    ),
)
table_options = combine(_to_column_option, _table_format_options)
"""The options that say how a file is read."""
file_options = combine(
    click.option("--template", help="The text, with column names in braces: 'Hola {{nombre}}'."),
    click.option("--template-file", type=click.File(encoding="utf-8"), help="Read the text from a file; - is stdin."),
    _to_column_option,
    click.option(
        "--key-column", help="Column that identifies a row; no two rows may have the same. Default: the number."
    ),
    encoding_options,
    sending_options,
    _table_format_options,
)
"""The options that, together with the file, say what each row is sent; the same ones give the same requests."""


def read_campaign(  # noqa: PLR0913 (what the options say, by name)
    out: Output,
    path: Path,
    defaults: Defaults,
    campaign: str | None,
    message_type: MessageType = MessageType.PROMOTIONAL,
    *,
    template: str | None,
    template_file: TextIO | None,
    show: int,
    **options: Value,
) -> Campaign:
    """Read and check a whole file, and print its notes and bad rows."""
    sheet = open_sheet(out, path, options)
    text = Template(read_text(template, template_file))
    merge = _mail_merge(sheet, text, defaults, message_type, options)
    validated = ValidatedFile()
    print_bad_rows(out, validate(sheet, merge, validated), show)
    return Campaign(sheet, merge, validated, make_campaign_id(campaign, sheet, validated))


def open_sheet(out: Output, path: Path, options: Mapping[str, Value]) -> Sheet:
    """Open a file as its options say, and print what is to be noted about it."""
    sheet = open_file(
        path, encoding=options["file_encoding"], delimiter=options["delimiter"], to_column=options["to_column"]
    )
    for note in sheet.notes:
        out.result({"type": "note", "what": note}, f"note: {note}")
    return sheet


def show_progress(out: Output, *columns: bars.ProgressColumn, transient: bool = False) -> bars.Progress:
    """Make a progress bar on stderr; it is shown only to a person at a terminal."""
    hidden = out.as_json or not sys.stderr.isatty()
    console = make_console(stderr=True)
    return bars.Progress(*columns, console=console, disable=hidden, transient=transient, redirect_stdout=False)


def _mail_merge(
    sheet: Sheet, template: Template, defaults: Defaults, message_type: MessageType, options: dict[str, Value]
) -> MailMerge:
    request = request_body("", [], **options)
    del request["recipients"]
    to_column, key_column = (options[name] and clean_name(options[name]) for name in ("to_column", "key_column"))
    to_column = to_column or number_column(sheet.columns)
    return MailMerge(template, sheet.columns, to_column, key_column, request, defaults, message_type)


def print_bad_rows(out: Output, bad: Iterable[BadRow], show: int) -> None:
    """Print bad rows: all of them as JSON, as they are found; the first ones as text."""
    listed: list[BadRow] = []
    count = 0
    columns = (bars.SpinnerColumn(), bars.TextColumn("checking the file"), bars.TimeElapsedColumn())
    with show_progress(out, *columns, transient=True) as progress:
        progress.add_task("checking", total=None)
        for count, one in enumerate(bad, 1):
            if out.as_json:
                out.json_line({"type": "badRow", "line": one.line, "why": one.why})
            elif count <= show:
                listed.append(one)
    for one in sorted(listed, key=attrgetter("line")):
        out.text(f"line {one.line}: {one.why}")
    if count > show:
        out.text(f"and {plural(count - show, 'more bad row')}")
