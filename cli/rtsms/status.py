"""`rtsms status`: the outcome of every recipient of a request, also of those that are still on the queue."""

from collections import Counter
from dataclasses import dataclass, field

import click
from rich.console import RenderableType

from realtime_sms.aws.requests import Entry, Rejection, Requests, Summary, read_outcomes
from realtime_sms.outcomes.submission import iso
from rtsms import outcomes
from rtsms.errors import CommandError, Exit
from rtsms.options import json_option, show_numbers_option, stack_options
from rtsms.output import Output, make_table
from rtsms.stack import Stack


@click.command("status")
@click.argument("request_id")
@click.option("--page", type=click.IntRange(1), default=1, help="Page to show.", show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, help="Recipients on a page.", show_default=True)
@show_numbers_option
@json_option
@stack_options
def command(  # noqa: PLR0913 (one for each option)
    *, stack: Stack, out: Output, request_id: str, page: int, limit: int, show_numbers: bool
) -> None:
    """Show the outcome of each recipient of a request."""
    requests = stack.requests()
    summary = requests.summary(request_id)
    if summary == Summary():
        raise CommandError(
            Exit.NOT_FOUND,
            "REQUEST_ID",
            "not found: it is still on the queue, or was never published",
            to_do="try again in some seconds, then look at the queue with rtsms watch",
        )
    recipients = _all_recipients(requests, request_id, summary, show_numbers=show_numbers)
    shown = StatusPage(
        request_id,
        summary.rejection,
        Counter(str(one["status"]) for one in recipients),
        page,
        max(1, -(-len(recipients) // limit)),
        recipients[(page - 1) * limit : page * limit],
    )
    out.result(shown.document, *shown.text)


@dataclass(frozen=True)
class StatusPage:
    """One page of a request's recipients, in the order of their numbers; `states` counts all of them."""

    request_id: str
    rejection: Rejection | None
    states: Counter[str]
    page: int
    pages: int
    recipients: list[dict[str, object]] = field(repr=False)

    @property
    def document(self) -> dict[str, object]:
        """Return the page as JSON."""
        document: dict[str, object] = {
            "requestId": self.request_id,
            "states": dict(self.states),
            "page": self.page,
            "pages": self.pages,
            "recipients": self.recipients,
        }
        if self.rejection:
            document["rejected"] = {
                "reason": self.rejection.reason,
                "detail": self.rejection.detail,
                "createdAt": iso(self.rejection.created_at),
            }
        return document

    @property
    def text(self) -> list[RenderableType]:
        """Return the page as text."""
        counts = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        lines: list[RenderableType] = [f"{self.request_id}: {counts or 'no recipients are known'}"]
        if self.rejection:
            lines.append(f"a message with this id was rejected: {self.rejection.reason}: {self.rejection.detail}")
        table = make_table(*outcomes.COLUMNS)
        for one in self.recipients:
            table.add_row(*outcomes.as_row(one))
        lines += ["", table]
        if self.page > self.pages:
            lines.append(f"\nthere is no page {self.page}: the last page is {self.pages}")
        elif self.page < self.pages:
            following = f"rtsms status {self.request_id} --page {self.page + 1}"
            lines.append(f"\npage {self.page} of {self.pages}; the next page: {following}")
        return lines


def _all_recipients(
    requests: Requests, request_id: str, summary: Summary, *, show_numbers: bool
) -> list[dict[str, object]]:
    """Return all recipients as JSON, in the order of their numbers."""
    found = {
        one.recipient: outcomes.as_document(one, show_numbers=show_numbers)
        for one in read_outcomes(requests, request_id)
    }
    if summary.entry:
        found = _queued(summary.entry, rejected=summary.superseded, show_numbers=show_numbers) | found
    return [found[recipient] for recipient in sorted(found)]


def _queued(entry: Entry, *, rejected: bool, show_numbers: bool) -> dict[str, dict[str, object]]:
    """Return the recipients that the API accepted, as if none had an outcome yet."""
    return {
        recipient: {
            "recipient": outcomes.show_recipient(recipient, whole=show_numbers),
            "status": "rejected" if rejected else "queued",
            "final": rejected,
            "charset": group.charset,
            "segments": group.segments,
        }
        for group in entry.groups
        for recipient in group.recipients
    }
