"""`rtsms send`: publish one request, and optionally follow it until every recipient has a final outcome."""

import time
import uuid
from collections.abc import Collection, Iterator
from typing import TextIO

import click

from realtime_sms.aws.queues import as_body
from realtime_sms.aws.requests import Summary, read_outcomes
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import PreparedRequest
from realtime_sms.vocabulary import MessageType, Status
from rtsms import outcomes
from rtsms.errors import CommandError, Exit
from rtsms.options import Value, json_option, show_numbers_option, stack_options
from rtsms.output import Output, plural
from rtsms.request import (
    TYPE_HELP,
    RequestBody,
    encoding_options,
    prepare_request,
    read_text,
    refuse_bad_time,
    request_body,
    sending_options,
    text_options,
)
from rtsms.stack import Stack

_POLL_SECONDS = 1.0  # an outcome takes about as long


@click.command("send")
@text_options
@click.option("--to", multiple=True, required=True, metavar="NUMBER", help="A recipient. Repeatable.")
@encoding_options
@sending_options
@click.option("--type", "message_type", type=click.Choice(list(MessageType)), help=TYPE_HELP)
@click.option("--campaign", help="Id of the campaign that it belongs to; kept with each outcome.")
@click.option("--request-id", help="Id of the request; one id is never sent twice. Default: a new id.")
@click.option("--wait", is_flag=True, help="Wait until every recipient has a final outcome.")
@click.option("--timeout", type=click.FloatRange(0), default=300.0, show_default=True, help="Seconds to wait at most.")
@show_numbers_option
@json_option
@stack_options
def command(  # noqa: PLR0913 (one for each option)
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
    request_id = request_id or str(uuid.uuid4())
    body = request_body(read_text(text, source), to, **options)
    prepared = prepare_request(body, request_id, stack.defaults)
    refuse_bad_time(prepared.request)
    before = publish(stack, request_id, body, prepared)
    numbers, segments = prepared.recipients.numbers, _count_segments(prepared)
    out.result(
        {"requestId": request_id, "recipients": len(numbers), "segments": segments},
        f"{request_id}  published: {plural(len(numbers), 'recipient')}, {plural(segments, 'segment')}",
    )
    exit_code = Exit.DONE
    for one in follow(stack, request_id, numbers, before, timeout) if wait else ():
        document = outcomes.as_document(one, show_numbers=show_numbers)
        out.result(document, "  ".join(outcomes.as_row(document)).rstrip())
        if one.status is not Status.SUBMITTED:
            exit_code = Exit.FAILED
    return exit_code


def publish(stack: Stack, request_id: str, body: RequestBody, prepared: PreparedRequest) -> Summary:
    """Publish a request; return what was known of its id before.

    Raise a `CommandError` if the id was used with other content. After any other error the request may be on the
    queue; it is safe to publish it again.
    """
    before = stack.requests().summary(request_id)
    if before.content_hash is not None and not stack.is_same_content(prepared, before.content_hash):
        raise CommandError(
            Exit.USAGE,
            "the request",
            "this id was used with other content; nothing was published",
            to_do="pass another --request-id, or none",
        )
    request = prepared.request
    stack.producer().publish(as_body({**body, "requestId": request_id}), request.message_type, request.campaign)
    return before


def follow(
    stack: Stack, request_id: str, numbers: Collection[str], before: Summary, timeout: float
) -> Iterator[Submission]:
    """Yield the outcome of each recipient once it is final, until all are.

    Raise a `CommandError` if the request is rejected, or after `timeout` seconds.
    """
    requests, pending = stack.requests(), set(numbers)
    deadline = time.monotonic() + timeout
    while True:
        for one in read_outcomes(requests, request_id):
            if one.final and one.recipient in pending:
                pending.remove(one.recipient)
                yield one
        if not pending:
            return
        _check_rejection(before, requests.summary(request_id))
        if time.monotonic() >= deadline:
            raise CommandError(
                Exit.TIMEOUT,
                "the request",
                f"{len(pending)} of {len(numbers)} recipients have no final outcome after {timeout:g} s",
                to_do="rtsms status with the id above shows them; rtsms doctor finds what stops sending",
            )
        time.sleep(_POLL_SECONDS)


def _check_rejection(before: Summary, now: Summary) -> None:
    """Raise an error for a new rejection; an older one is of an older message."""
    rejection = now.rejection
    if rejection is not None and rejection != before.rejection:
        raise CommandError(Exit.FAILED, "the request", f"rejected: {rejection.reason}: {rejection.detail}")


def _count_segments(prepared: PreparedRequest) -> int:
    """Count the segments of all recipients together."""
    return sum(len(message.recipients) * encoded.segments for message, encoded in prepared.sendable)
