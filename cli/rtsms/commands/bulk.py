"""`rtsms bulk`."""

import sys
import time
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from pathlib import Path
from typing import TextIO

import click
from botocore.config import Config
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from realtime_sms.aws.producer import Producer
from rtsms.bulk import Bulk, campaign_id, estimate
from rtsms.campaign import Campaign, number_column
from rtsms.check import BadRow, Checked, check
from rtsms.commands.options import Value, on_stack, tells
from rtsms.commands.request_options import encoding_options, read_text, request, sending_options
from rtsms.fault import Exit
from rtsms.journal import Journal
from rtsms.output import Output, console
from rtsms.publisher import Publisher
from rtsms.sheet import ENCODINGS, Sheet
from rtsms.stack import Stack
from rtsms.template import Template
from rtsms.wording import counted

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Price(click.ParamType):
    name = "price"

    def convert(self, value: Value, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            price = Decimal(value)
        except InvalidOperation:
            price = Decimal(-1)
        if not price.is_finite() or price < 0:
            self.fail(f"{value!r} is no price such as 0.045", param, ctx)
        return price


@click.command("bulk")
@click.argument("file", type=_FILE)
@click.option("--template", help="The text, with columns in it: 'Hola {{nombre}}'.")
@click.option("--template-file", type=click.File(encoding="utf-8"), help="Read the text from a file.")
@click.option("--to-column", help="The column of the numbers; else the one called number, numero, phone, celular …")
@click.option("--key-column", help="A column that names each row, else its number: the same key is sent to once.")
@click.option("--campaign", help="Begins the request ids; else made of the file's name and of all that is sent.")
@encoding_options
@sending_options
@click.option("--price-per-segment", "price", type=_Price(), help="For an estimate of the cost.")
@click.option("--file-encoding", type=click.Choice(ENCODINGS), default="utf-8", show_default=True, help="Of the file.")
@click.option("--delimiter", help="Between columns; else found out: , ; tab or |.")
@click.option("--dry-run", is_flag=True, help="Check, and publish nothing.")
@click.option("--skip-bad-rows", is_flag=True, help="Publish the good rows although there are bad ones.")
@click.option("--yes", is_flag=True, help="Do not ask before publishing.")
@click.option("--journal", type=click.Path(dir_okay=False, path_type=Path), help="Else FILE.journal.")
@click.option("--at-once", type=click.IntRange(1, 64), default=8, show_default=True, help="Calls of the queue at once.")
@click.option("--show", type=click.IntRange(0), default=20, show_default=True, help="Bad rows that are listed.")
@tells
@on_stack
def command(  # noqa: PLR0913 (one an option)
    *,
    stack: Stack,
    out: Output,
    file: Path,
    template: str | None,
    template_file: TextIO | None,
    campaign: str | None,
    price: Decimal | None,
    dry_run: bool,
    skip_bad_rows: bool,
    yes: bool,
    journal: Path | None,
    at_once: int,
    show: int,
    **options: Value,
) -> int:
    """Send a text to every row of a CSV FILE.

    Its first line names its columns, and the whole of it is checked before anything is sent. It is safe to repeat: a
    run that was killed goes on where it was.
    """
    sheet = Sheet.open(file, encoding=options["file_encoding"], delimiter=options["delimiter"])
    planned = _plan(sheet, Template(read_text(template, template_file)), stack, options)
    checked = Checked()
    _tell_bad(out, check(sheet, planned, checked), show)
    bulk = Bulk(sheet, planned, checked, campaign_id(campaign, sheet, checked))
    _tell_checked(out, bulk, price)
    if checked.bad and not skip_bad_rows:
        out.show("\nNothing was published. Mend these rows, or leave them out with --skip-bad-rows.")
        return Exit.USAGE
    if dry_run:
        return Exit.DONE
    with bulk.journal(journal, stack.outputs["SendQueueUrl"]) as kept:
        _publish(bulk, kept, _publisher(stack, at_once), out, ask=not yes)
    return Exit.DONE


def _plan(sheet: Sheet, template: Template, stack: Stack, options: dict[str, Value]) -> Campaign:
    wanted = request("", [], **options)
    del wanted["recipients"]
    to_column = options["to_column"] or number_column(sheet.columns)
    return Campaign(template, sheet.columns, to_column, options["key_column"], wanted, stack.defaults)


def _tell_bad(out: Output, bad: Iterable[BadRow], show: int) -> None:
    """List bad rows: all to a machine as they are found, the first ones to a person."""
    listed: list[BadRow] = []
    count = 0
    with _shown(out, SpinnerColumn(), TextColumn("checking the file"), TimeElapsedColumn(), transient=True) as progress:
        progress.add_task("checking", total=None)
        for count, one in enumerate(bad, 1):
            if out.as_json:
                out.line({"type": "badRow", "line": one.line, "why": one.why})
            elif count <= show:
                listed.append(one)
    for one in sorted(listed, key=attrgetter("line")):
        out.show(f"line {one.line}: {one.why}")
    if count > show:
        out.show(f"and {counted(count - show, 'more bad row')}")


def _shown(out: Output, *columns: ProgressColumn, transient: bool = False) -> Progress:
    """Make a progress bar for a person at a terminal, and none for others; it leaves stdout alone."""
    nobody = out.as_json or not sys.stderr.isatty()
    return Progress(*columns, console=console(stderr=True), disable=nobody, transient=transient, redirect_stdout=False)


def _tell_checked(out: Output, bulk: Bulk, price: Decimal | None) -> None:
    told = estimate(bulk.checked, price)
    cost = f", {told['cost']} at {price} a segment" if price is not None else ""
    repeated = (
        f"; {told['repeatedNumbers']} go to a number that an earlier row goes to" if bulk.checked.repeated else ""
    )
    rows = counted(len(bulk.checked.numbers), "row")
    out.tell(
        {"type": "checked", "campaign": bulk.campaign_id, **told},
        f"{bulk.sheet.path.name}: {rows}, {told['good']:,} good, {told['bad']:,} bad{repeated}",
        f"{counted(bulk.checked.segments, 'segment')}{cost}; campaign {bulk.campaign_id}",
    )


def _publish(bulk: Bulk, journal: Journal, publisher: Publisher, out: Output, *, ask: bool) -> None:
    left = bulk.left(journal)
    before = bulk.checked.good - left
    if before:
        out.show(f"{before} of them were published by an earlier run")
    if left and ask and not _agreed(out, left):
        out.show("Nothing was published.")
        return
    columns = (TextColumn("publishing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with _shown(out, *columns) as progress:
        task = progress.add_task("publishing", total=bulk.checked.good, completed=before)
        bulk.publish(journal, publisher, lambda rows: progress.advance(task, rows))
    out.tell(
        {"type": "published", "campaign": bulk.campaign_id, "published": left, "before": before},
        f"{counted(left, 'request')} published; the journal is {journal.path}",
    )


def _publisher(stack: Stack, at_once: int) -> Publisher:
    config = Config(max_pool_connections=at_once, retries={"mode": "standard", "total_max_attempts": 3})
    producer = Producer(stack.session.client("sqs", config=config), stack.outputs["SendQueueUrl"])
    return Publisher(producer.publish_batch, time.sleep, at_once)


def _agreed(out: Output, left: int) -> bool:
    if out.as_json or not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: give --yes to publish, or --dry-run to check only")
    return click.confirm(f"Publish {counted(left, 'request')}?", err=True)
