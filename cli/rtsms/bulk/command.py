"""`rtsms bulk`: validate a file, show its bad rows and what it would send, and publish it."""

import time
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path

import click
from botocore.config import Config
from rich import progress as bars

from realtime_sms.aws.queues import Producer
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import MessageType
from rtsms.bad_arguments import OurType
from rtsms.bulk.campaign import Campaign
from rtsms.bulk.journal import Journal
from rtsms.bulk.publisher import Publisher
from rtsms.bulk.reading import COUNTS, FILE, file_options, read_campaign, show_progress
from rtsms.bulk.summary import document, lines
from rtsms.errors import CommandError, Exit
from rtsms.options import REGION, Value, json_option, lazy_stack_options
from rtsms.output import Output, plural
from rtsms.request import refuse_bad_time
from rtsms.stack import Stack, split_prefixes

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


@click.command("bulk")
@click.argument("file", type=FILE)
@file_options
@click.option("--campaign", help="Id at the start of each request id. Default: made of the file's name and content.")
@click.option(
    "--type",
    "message_type",
    type=click.Choice(list(MessageType)),
    default=MessageType.PROMOTIONAL,
    show_default=True,
    help="transactional: does not wait for sending hours, and may hold up other messages.",
)
@click.option("--price-per-segment", "price", type=_Price(), help="Price of a segment, to estimate the cost.")
@click.option("--dry-run", is_flag=True, help="Check the file, and publish nothing.")
@click.option(
    "--default-region",
    type=REGION,
    help="With --dry-run and --sender: do not call AWS, and read numbers as of this country.",
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
@json_option
@lazy_stack_options
def command(  # noqa: PLR0913 (one for each option)
    *,
    find_stack: Callable[[], Stack],
    out: Output,
    file: Path,
    campaign: str | None,
    message_type: str,
    price: Decimal | None,
    dry_run: bool,
    skip_bad_rows: bool,
    yes: bool,
    journal: Path | None,
    at_once: int,
    **options: Value,
) -> int:
    """Send a text to every row of a CSV or Excel FILE.

    The first row names the columns. The whole file is checked before anything is sent. It is safe to repeat: after a
    run was killed, the next one continues.
    """
    defaults = _defaults(find_stack, options, dry_run=dry_run)
    checked = read_campaign(out, file, defaults, campaign, MessageType(message_type), **options)
    out.result(document(checked, price), *lines(checked, price))
    if checked.validated.bad and not skip_bad_rows:
        out.text("\nNothing was published. Correct these rows, or leave them out with --skip-bad-rows.")
        return Exit.USAGE
    if dry_run:
        refuse_bad_time(checked.merge.example)
    elif checked.validated.good:
        stack = find_stack()
        with checked.journal(journal, stack.outputs["SendQueueUrl"]) as opened:
            _publish(checked, opened, _publisher(stack, checked, at_once), out, ask=not yes)
    return Exit.DONE


def _defaults(find_stack: Callable[[], Stack], options: dict[str, Value], *, dry_run: bool) -> Defaults:
    """Return the deployment's defaults; a dry run asks AWS for them only if the options do not say them."""
    region, prefixes = options["default_region"], split_prefixes(options["plain_text_prefixes"])
    if region and not dry_run:
        raise CommandError(Exit.USAGE, "--default-region", "is for a dry run", to_do="pass --dry-run as well")
    if region and options["sender"]:
        return Defaults(region, plain_prefixes=prefixes)
    return find_stack().defaults


def _publish(campaign: Campaign, journal: Journal, publisher: Publisher, out: Output, *, ask: bool) -> None:
    remaining = campaign.remaining(journal)
    before = campaign.validated.good - remaining
    if not before:  # what an earlier run began goes on, also after its time
        refuse_bad_time(campaign.merge.example)
    else:
        out.text(f"{before:,} of them were published by an earlier run")
    if remaining and ask and not out.confirm(f"Publish {plural(remaining, 'request')}?", option="--yes or --dry-run"):
        out.text("Nothing was published.")
        return
    with show_progress(out, bars.TextColumn("publishing"), *COUNTS) as progress:
        task = progress.add_task("publishing", total=campaign.validated.good, completed=before)
        campaign.publish(journal, publisher, lambda rows: progress.advance(task, rows))
    out.result(
        {"type": "published", "campaign": campaign.campaign_id, "published": remaining, "before": before},
        f"{plural(remaining, 'request')} published; the journal is {journal.path}",
    )


def _publisher(stack: Stack, campaign: Campaign, parallel_calls: int) -> Publisher:
    config = Config(max_pool_connections=parallel_calls, retries={"mode": "standard", "total_max_attempts": 3})
    producer = Producer(stack.session.client("sqs", config=config), stack.queue_urls)
    send = partial(producer.publish_batch, message_type=campaign.merge.message_type, campaign=campaign.campaign_id)
    return Publisher(send, time.sleep, parallel_calls)
