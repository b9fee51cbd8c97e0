"""`rtsms bulk`: validate a file, show its bad rows and what it would send, and publish it."""

import sys
import time
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from operator import attrgetter
from pathlib import Path
from typing import TextIO

import click
from botocore.config import Config
from rich import progress as bars

from realtime_sms.aws.queues import Producer
from realtime_sms.requests.prepare import Defaults
from rtsms.bulk.campaign import Campaign, make_campaign_id
from rtsms.bulk.columns import clean_name, number_column
from rtsms.bulk.encodings import ENCODINGS
from rtsms.bulk.journal import Journal
from rtsms.bulk.mail_merge import MailMerge
from rtsms.bulk.open_file import open_file
from rtsms.bulk.publisher import Publisher
from rtsms.bulk.sheet import Sheet
from rtsms.bulk.summary import document, lines
from rtsms.bulk.template import Template
from rtsms.bulk.validation import BadRow, ValidatedFile, validate
from rtsms.errors import CommandError, Exit
from rtsms.options import REGION, Value, json_option, lazy_stack_options
from rtsms.output import Output, make_console, plural
from rtsms.request import encoding_options, read_text, request_body, sending_options
from rtsms.stack import Stack, split_prefixes
from rtsms.usage import OurType

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_JOURNAL = click.Path(dir_okay=False, path_type=Path)


class _Price(OurType):
    name = "price"
    expected = "must be a price such as 0.045"

    def convert(self, value: Value, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            price = Decimal(value)
        except InvalidOperation:
            price = Decimal(-1)
        if not price.is_finite() or price < 0:
            self.fail(self.expected, param, ctx)
        return price


class _Delimiter(OurType):
    name = "delimiter"
    expected = "must be one character, or tab"

    def convert(self, value: Value, param: click.Parameter | None, ctx: click.Context | None) -> str:
        delimiter = "\t" if value in {"tab", "\\t"} else str(value)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            self.fail(self.expected, param, ctx)
        return delimiter


@click.command("bulk")
@click.argument("file", type=_FILE)
@click.option("--template", help="The text, with column names in braces: 'Hola {{nombre}}'.")
@click.option("--template-file", type=click.File(encoding="utf-8"), help="Read the text from a file; - is stdin.")
@click.option("--to-column", help="Column of the numbers. Default: the one called number, numero, phone, celular …")
@click.option("--key-column", help="Column that identifies a row; no two rows may have the same. Default: the number.")
@click.option("--campaign", help="Id at the start of each request id. Default: made of the file's name and content.")
@encoding_options
@sending_options
@click.option("--price-per-segment", "price", type=_Price(), help="Price of a segment, to estimate the cost.")
@click.option(
    "--file-encoding", type=click.Choice(ENCODINGS), default="utf-8", show_default=True, help="Of a CSV file."
)
@click.option("--delimiter", type=_Delimiter(), help="Of a CSV file. Default: detected among , ; tab and |.")
@click.option("--dry-run", is_flag=True, help="Check the file, and publish nothing.")
@click.option(
    "--default-region", type=REGION, help="With --dry-run and --sender: check without AWS, as in this country."
)
@click.option(
    "--plain-text-prefixes",
    default="+56",
    show_default=True,
    help="With --default-region: prefixes of the numbers whose text is transliterated.",
)
@click.option("--skip-bad-rows", is_flag=True, help="Publish the good rows even if there are bad ones.")
@click.option("--yes", is_flag=True, help="Do not ask before publishing.")
@click.option("--journal", type=_JOURNAL, help="File that records what was published. Default: FILE.journal.")
@click.option("--at-once", type=click.IntRange(1, 64), default=8, show_default=True, help="Parallel calls to SQS.")
@click.option("--show", type=click.IntRange(0), default=20, show_default=True, help="Bad rows to list at most.")
@json_option
@lazy_stack_options
def command(  # noqa: PLR0913 (one for each option)
    *,
    find_stack: Callable[[], Stack],
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
    """Send a text to every row of a CSV or Excel FILE.

    The first row names the columns. The whole file is checked before anything is sent. It is safe to repeat: a run
    that was killed continues where it stopped.
    """
    defaults = _defaults(find_stack, options, dry_run=dry_run)
    sheet = open_file(
        file, encoding=options["file_encoding"], delimiter=options["delimiter"], to_column=options["to_column"]
    )
    for note in sheet.notes:
        out.result({"type": "note", "what": note}, f"note: {note}")
    merge = _mail_merge(sheet, Template(read_text(template, template_file)), defaults, options)
    validated = ValidatedFile()
    _print_bad_rows(out, validate(sheet, merge, validated), show)
    checked = Campaign(sheet, merge, validated, make_campaign_id(campaign, sheet, validated))
    out.result(document(checked, price), *lines(checked, price))
    if validated.bad and not skip_bad_rows:
        out.text("\nNothing was published. Correct these rows, or leave them out with --skip-bad-rows.")
        return Exit.USAGE
    if validated.good and not dry_run:
        stack = find_stack()
        with checked.journal(journal, stack.outputs["SendQueueUrl"]) as opened:
            _publish(checked, opened, _publisher(stack, at_once), out, ask=not yes)
    return Exit.DONE


def _defaults(find_stack: Callable[[], Stack], options: dict[str, Value], *, dry_run: bool) -> Defaults:
    """Return the deployment's defaults; a dry run asks AWS for them only if the options do not say them."""
    region, prefixes = options["default_region"], split_prefixes(options["plain_text_prefixes"])
    if region and not dry_run:
        raise CommandError(Exit.USAGE, "--default-region", "is for a dry run", to_do="pass --dry-run as well")
    if region and options["sender"]:
        return Defaults(region, plain_prefixes=prefixes)
    return find_stack().defaults


def _mail_merge(sheet: Sheet, template: Template, defaults: Defaults, options: dict[str, Value]) -> MailMerge:
    request = request_body("", [], **options)
    del request["recipients"]
    to_column, key_column = (options[name] and clean_name(options[name]) for name in ("to_column", "key_column"))
    return MailMerge(template, sheet.columns, to_column or number_column(sheet.columns), key_column, request, defaults)


def _print_bad_rows(out: Output, bad: Iterable[BadRow], show: int) -> None:
    """Print bad rows: all of them as JSON, as they are found; the first ones as text."""
    listed: list[BadRow] = []
    count = 0
    columns = (bars.SpinnerColumn(), bars.TextColumn("checking the file"), bars.TimeElapsedColumn())
    with _progress(out, *columns, transient=True) as progress:
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


def _progress(out: Output, *columns: bars.ProgressColumn, transient: bool = False) -> bars.Progress:
    """Make a progress bar on stderr; it is shown only to a person at a terminal."""
    hidden = out.as_json or not sys.stderr.isatty()
    console = make_console(stderr=True)
    return bars.Progress(*columns, console=console, disable=hidden, transient=transient, redirect_stdout=False)


def _publish(campaign: Campaign, journal: Journal, publisher: Publisher, out: Output, *, ask: bool) -> None:
    remaining = campaign.remaining(journal)
    before = campaign.validated.good - remaining
    if before:
        out.text(f"{before:,} of them were published by an earlier run")
    if remaining and ask and not out.confirm(f"Publish {plural(remaining, 'request')}?", option="--yes or --dry-run"):
        out.text("Nothing was published.")
        return
    counts = (bars.BarColumn(), bars.MofNCompleteColumn(), bars.TimeRemainingColumn())
    with _progress(out, bars.TextColumn("publishing"), *counts) as progress:
        task = progress.add_task("publishing", total=campaign.validated.good, completed=before)
        campaign.publish(journal, publisher, lambda rows: progress.advance(task, rows))
    out.result(
        {"type": "published", "campaign": campaign.campaign_id, "published": remaining, "before": before},
        f"{plural(remaining, 'request')} published; the journal is {journal.path}",
    )


def _publisher(stack: Stack, parallel_calls: int) -> Publisher:
    config = Config(max_pool_connections=parallel_calls, retries={"mode": "standard", "total_max_attempts": 3})
    producer = Producer(stack.session.client("sqs", config=config), stack.outputs["SendQueueUrl"])
    return Publisher(producer.publish_batch, time.sleep, parallel_calls)
