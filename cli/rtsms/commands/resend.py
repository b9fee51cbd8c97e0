"""`rtsms resend`."""

import sys
import time
from typing import TextIO

import click

from realtime_sms.requests.recipients import mask
from rtsms.commands.numbers import e164
from rtsms.commands.options import on_stack, tells
from rtsms.output import Output
from rtsms.resend import find, read_published, resend
from rtsms.stack import Stack


@click.command("resend")
@click.argument("request_id")
@click.argument("number")
@click.option(
    "--request", type=click.File(encoding="utf-8"), required=True, help="The JSON that was published; - is stdin."
)
@click.option("--accept-duplicate", is_flag=True, help="Do not ask: the person may get the SMS twice.")
@tells
@on_stack
def command(  # noqa: PLR0913 (one an option)
    *, stack: Stack, out: Output, request_id: str, number: str, request: TextIO, accept_duplicate: bool
) -> None:
    """Send once more what is unknown.

    The NUMBER may get it twice. The table keeps no text, so the request has to be given as it was published.
    """
    body, content_hash = read_published(request.read(), request_id, stack.defaults)
    submissions = stack.submissions()
    found = find(submissions, request_id, e164(number, stack), content_hash)
    if not accept_duplicate and not _agreed(out, mask(found.recipient)):
        out.show("Nothing was sent.")
        return
    resend(submissions, stack.producer(), found, body, now=time.time())
    shown = mask(found.recipient)
    out.tell(
        {"requestId": request_id, "recipient": shown, "maybeSent": True},
        f"{request_id}  {shown}  will be sent once more; rtsms status {request_id} shows what becomes of it",
    )


def _agreed(out: Output, shown: str) -> bool:
    if out.as_json or not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: give --accept-duplicate")
    return click.confirm(f"RealTime may have sent it. Send it to {shown} once more, perhaps a second time?", err=True)
