"""`rtsms send`."""

import time
import uuid
from typing import TextIO

import click

from realtime_sms.encoding.text import EncodedText
from realtime_sms.requests.prepare import PreparedRequest
from realtime_sms.vocabulary import Status
from rtsms import outcome
from rtsms.commands.options import Value, on_stack, tells
from rtsms.commands.request_options import encoding_options, read_text, request, sending_options, text_options
from rtsms.fault import Exit
from rtsms.output import Output
from rtsms.send import follow, send
from rtsms.stack import Stack
from rtsms.wanted import ready
from rtsms.wording import counted


@click.command("send")
@text_options
@click.option("--to", multiple=True, required=True, metavar="NUMBER", help="A recipient; may be repeated.")
@encoding_options
@sending_options
@click.option("--request-id", help="The same id is never sent twice; else a new one is made.")
@click.option("--wait", is_flag=True, help="Follow it until every recipient has its end.")
@click.option("--timeout", type=click.FloatRange(0), default=300.0, show_default=True, help="Seconds to wait for that.")
@click.option("--show-numbers", is_flag=True, help="Show whole numbers.")
@tells
@on_stack
def command(  # noqa: PLR0913 (one an option)
    *,
    stack: Stack,
    out: Output,
    text: str | None,
    source: TextIO | None,
    to: tuple[str, ...],
    request_id: str | None,
    wait: bool,
    timeout: float,
    show_numbers: bool,
    **options: Value,
) -> int:
    """Send a TEXT to one or more numbers.

    It is safe to repeat with the same --request-id: RealTime is called once for each recipient.
    """
    wanted = request(read_text(text, source), to, **options)
    prepared = ready(wanted, request_id or str(uuid.uuid4()), stack.defaults)
    requests = stack.register()
    sent = send(wanted, prepared, stack.producer(), requests)
    recipients, segments = len(prepared.recipients.numbers), segments_of(prepared)
    out.tell(
        {"requestId": sent.request_id, "recipients": recipients, "segments": segments},
        f"{sent.request_id}  published: {counted(recipients, 'recipient')}, {counted(segments, 'segment')}",
    )
    good = True
    for one in follow(sent, requests, time, patience=timeout) if wait else ():
        shown = outcome.shown(one, numbers=show_numbers)
        out.tell(shown, "  ".join(outcome.words(shown)).rstrip())
        good = good and one.status is Status.SUBMITTED
    return Exit.DONE if good else Exit.WRONG


def segments_of(prepared: PreparedRequest) -> int:
    """Count the segments of all recipients together."""
    groups = prepared.groups.values()
    return sum(len(one.numbers) * one.encoded.segments for one in groups if isinstance(one.encoded, EncodedText))
