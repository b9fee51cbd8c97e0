"""`rtsms resend`: send an SMS with an unknown outcome again; the person may get it twice.

The table keeps no text, so the request must be given again as it was published, with all its recipients. Recipients
with another status are not sent to; so each must still have its outcome.
"""

import time
from typing import TextIO

import click

from realtime_sms.aws.queues import as_body
from realtime_sms.aws.submissions import Applied, Submissions
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.envelope import unwrap
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.prepare import Defaults, PreparedRequest
from realtime_sms.requests.recipients import mask
from realtime_sms.vocabulary import Status
from rtsms.errors import CommandError, Exit, invalid_input
from rtsms.options import json_option, parse_number, stack_options
from rtsms.output import Output
from rtsms.republish import Republication, known
from rtsms.request import RequestBody, parse_body, read_utf8
from rtsms.stack import Stack


@click.command("resend")
@click.argument("request_id")
@click.argument("number")
@click.option(
    "--request", type=click.File(encoding="utf-8"), required=True, help="The JSON that was published; - is stdin."
)
@click.option("--accept-duplicate", is_flag=True, help="Do not ask. The person may get the SMS twice.")
@json_option
@stack_options
def command(  # noqa: PLR0913 (one for each option)
    *, stack: Stack, out: Output, request_id: str, number: str, request: TextIO, accept_duplicate: bool
) -> None:
    """Send an SMS with an unknown outcome again.

    The NUMBER may get it twice. The table keeps no text, so pass the request as it was published.
    """
    body, prepared = read_published(read_utf8("--request", request), request_id, stack.defaults)
    again = Republication(stack.submissions(), prepared, time.time())
    unknown = _find(again, parse_number(number, stack), stack)
    masked = mask(unknown.recipient)
    question = f"RealTime may have sent this SMS. Send it to {masked} again, as a possible duplicate?"
    if not accept_duplicate and not out.confirm(question, option="--accept-duplicate"):
        out.text("Nothing was sent.")
        return
    again.prolong()
    _reopen(again.submissions, unknown, now=time.time())
    sent = prepared.request
    stack.producer().publish(as_body({**body, "requestId": request_id}), sent.message_type, sent.campaign)
    out.result(
        {"requestId": request_id, "recipient": masked, "maybeSent": True},
        f"{request_id}  {masked}  will be sent again; rtsms status {request_id} shows the outcome",
    )


def read_published(body: str, request_id: str, defaults: Defaults) -> tuple[RequestBody, PreparedRequest]:
    """Read a request as it was published, with or without its envelopes; return it as it is and as prepared."""
    try:
        payload, _ = unwrap(body)
    except InvalidInputError as error:
        raise invalid_input("the request", error.problems) from None
    return payload, parse_body(payload, request_id, defaults)


def _find(again: Republication, number: str, stack: Stack) -> Submission:
    """Find the submission; raise a `CommandError` if it is not of the published request, or not unknown."""
    where, prepared = f"the request to {mask(number)}", again.prepared
    key = (prepared.request_id, number)
    held = again.submissions.read_living([key], again.now).get(key)
    if not isinstance(held, Submission):
        raise CommandError(Exit.NOT_FOUND, where, "not found", to_do="rtsms status shows what is known of this id")
    published = key in again.keys and stack.is_same_content(prepared, held.content_hash)
    if not published or not all(stack.is_same_content(prepared, one.content_hash) for one in known(again.outcomes())):
        what = "this request is not the one that was published with this id"
        raise CommandError(Exit.USAGE, where, what, to_do="pass it as it was published, with all its recipients")
    if held.status is not Status.UNKNOWN and not _is_reopened(held):
        raise CommandError(Exit.USAGE, where, f"it is {held.status}; only an unknown outcome can be sent again")
    return held


def _reopen(submissions: Submissions, unknown: Submission, *, now: float) -> None:
    """Let the submission be sent again; after a crash before the publish, repeat the command."""
    if _is_reopened(unknown):
        return
    (result,) = submissions.apply([Change(unknown, submission.resend(unknown, now=now))])
    if not isinstance(result, Applied):
        where = f"the request to {mask(unknown.recipient)}"
        what = "it changed meanwhile, or the table did not answer"
        raise CommandError(Exit.FAILED, where, what, to_do="rtsms status shows what became of it")


def _is_reopened(found: Submission) -> bool:
    """Return True if an operator reopened it already, as after a crash before its request was published."""
    return found.status is Status.WAITING and found.maybe_sent
