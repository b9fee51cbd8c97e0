"""`rtsms cancel`: cancel what was not sent yet of one request, or of a campaign that `rtsms bulk` published."""

import secrets
import time
from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import TextIO

import click

from realtime_sms.aws.cancel import Answer, Answered, of_messages, of_request
from realtime_sms.aws.requests import Summary, read_outcomes
from realtime_sms.aws.table import Key
from realtime_sms.outcomes.submission import Submission
from rtsms.bulk import cancel as campaigns
from rtsms.bulk.reading import FILE, file_options, read_campaign
from rtsms.canceller import Canceller
from rtsms.errors import CommandError, Exit
from rtsms.options import Value, json_option, show_numbers_option, stack_options
from rtsms.outcomes import show_recipient
from rtsms.output import Output, make_table
from rtsms.request import read_utf8
from rtsms.resend import read_published
from rtsms.stack import Stack


@click.command("cancel")
@click.argument("what", metavar="REQUEST_ID|FILE")
@click.option(
    "--request",
    type=click.File(encoding="utf-8"),
    help="The JSON that was published; - is stdin. Needed if it was not received from the queue yet.",
)
@click.option("--campaign", help="Id of a campaign that bulk published; the argument is then its FILE.")
@file_options
@click.option("--yes", is_flag=True, help="Do not ask before cancelling a campaign.")
@click.option("--at-once", type=click.IntRange(1, 64), default=8, show_default=True, help="Parallel calls to DynamoDB.")
@show_numbers_option
@json_option
@stack_options
def command(  # noqa: PLR0913 (one for each option)
    *,
    stack: Stack,
    out: Output,
    what: str,
    request: TextIO | None,
    campaign: str | None,
    yes: bool,
    at_once: int,
    show_numbers: bool,
    **options: Value,
) -> int:
    """Cancel what was not sent yet, of a request or of a campaign.

    For each recipient, the answer is `cancelled` or `too_late`. With --campaign, pass the FILE and the options of bulk.
    It is safe to repeat. The exit code is 1 if it is too late for a recipient.
    """
    if campaign is None:
        if options["template"] or options["template_file"]:
            raise CommandError(Exit.USAGE, "--template", "is for a campaign", to_do="pass --campaign as well")
        return _cancel_request(stack, out, what, request, show_numbers=show_numbers)
    if request is not None:
        raise CommandError(Exit.USAGE, "--request", "is for one request", to_do="leave out --campaign")
    file = Path(str(FILE.convert(what, None, click.get_current_context())))
    checked = read_campaign(out, file, stack.defaults, campaign, **options)
    return campaigns.cancel_campaign(checked, stack, out, ask=not yes, parallel_calls=at_once)


def _cancel_request(stack: Stack, out: Output, request_id: str, request: TextIO | None, *, show_numbers: bool) -> int:
    wanted = list(_wanted(stack, request_id, request))
    if not wanted:
        raise CommandError(
            Exit.NOT_FOUND,
            "REQUEST_ID",
            "not found: it is still on the queue, or was never published",
            to_do="to cancel what is still on the queue, pass --request with the JSON that was published",
        )
    canceller = Canceller.of_stack(stack)
    answers = canceller.cancel(wanted)
    late = sum(one.answer is Answer.TOO_LATE for one in answers.values())
    recipients = list(_documents(answers, show_numbers=show_numbers))
    table = make_table("recipient", "answer", "status")
    for one in recipients:
        table.add_row(*(str(one.get(name, "")) for name in ("recipient", "answer", "status")))
    out.result(
        {"requestId": request_id, "cancelled": len(answers) - late, "tooLate": late, "recipients": recipients},
        f"{request_id}: {len(answers) - late} cancelled, {late} too late",
        "",
        table,
    )
    canceller.check()
    return Exit.FAILED if late else Exit.DONE


def _wanted(stack: Stack, request_id: str, request: TextIO | None) -> Iterator[Submission]:
    """Yield, for each recipient that the table or the request names, the cancelled submission to write."""
    requests, owner, now = stack.requests(), secrets.token_hex(8), time.time()
    summary = requests.summary(request_id)
    known = of_request(summary, read_outcomes(requests, request_id), owner=owner, now=now) if _found(summary) else []
    if request is not None:
        _, prepared = read_published(read_utf8("--request", request), request_id, stack.defaults)
        if summary.content_hash is not None and not stack.is_same_content(prepared, summary.content_hash):
            raise CommandError(Exit.USAGE, "--request", "is not the one that was published with this id")
        named = {one.recipient for one in known}
        of_body = of_messages(prepared.messages, owner=owner, now=now)
        yield from (one for one in of_body if one.recipient not in named)
    yield from known


def _found(summary: Summary) -> bool:
    return summary != Summary()


def _documents(answers: Mapping[Key, Answered], *, show_numbers: bool) -> Iterator[dict[str, object]]:
    for (_, recipient), one in sorted(answers.items(), key=itemgetter(0)):
        document: dict[str, object] = {
            "recipient": show_recipient(recipient, whole=show_numbers),
            "answer": one.answer.value,
        }
        yield document | ({"status": one.held.status.value} if one.held else {})
