"""What became of a request: every recipient of it, also those that the API accepted and nobody has taken up yet."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from realtime_sms.aws.item import iso
from realtime_sms.aws.requests import Entry, Summary
from realtime_sms.outcomes.submission import Submission
from rtsms import outcome
from rtsms.fault import Exit, Fault

_READ = 100  # outcomes a query


class Requests(Protocol):
    """What is known of requests, as the register tells it."""

    def summary(self, request_id: str) -> Summary:
        """Read what is known of a request as a whole."""

    def page(self, request_id: str, after: str, most: int) -> list[Submission]:
        """Give outcomes in the order of their sort keys."""


@dataclass(frozen=True)
class Page:
    """One page of a request's recipients, in the order of their numbers; `states` counts all of them."""

    request_id: str
    summary: Summary
    states: Counter[str]
    page: int
    pages: int
    recipients: list[dict[str, object]] = field(repr=False)

    @property
    def document(self) -> dict[str, object]:
        """Give it for machines."""
        rejection = self.summary.rejection
        told: dict[str, object] = {
            "requestId": self.request_id,
            "states": dict(self.states),
            "page": self.page,
            "pages": self.pages,
            "recipients": self.recipients,
        }
        if rejection:
            told["rejected"] = {
                "reason": rejection.reason,
                "detail": rejection.detail,
                "createdAt": iso(rejection.created_at),
            }
        return told


def status(requests: Requests, request_id: str, *, page: int, limit: int, numbers: bool) -> Page:
    """Read a request's state; `page` counts from 1.

    Raises:
        Fault: nothing is known of it.
        StoreUnavailableError: the table did not answer.

    """
    summary = requests.summary(request_id)
    if summary == Summary():
        raise Fault(
            Exit.NOT_FOUND,
            f"request {request_id}",
            "nothing is known of it: it has not been taken up yet, or was never published",
            to_do="try again in some seconds, then look at the queue with rtsms watch",
        )
    found = {one.recipient: outcome.shown(one, numbers=numbers) for one in outcomes(requests, request_id)}
    expected = _expected(summary.entry, rejected=summary.superseded, numbers=numbers) if summary.entry else {}
    every = expected | found
    wanted = sorted(every)[(page - 1) * limit : page * limit]
    return Page(
        request_id,
        summary,
        Counter(str(one["status"]) for one in every.values()),
        page,
        max(1, -(-len(every) // limit)),
        [every[recipient] for recipient in wanted],
    )


def outcomes(requests: Requests, request_id: str) -> Iterator[Submission]:
    """Read every outcome of a request, some at a time."""
    after = ""
    while some := requests.page(request_id, after, _READ):
        yield from some
        after = some[-1].recipient


def _expected(entry: Entry, *, rejected: bool, numbers: bool) -> dict[str, dict[str, object]]:
    state: dict[str, object] = {"status": "rejected" if rejected else "queued", "final": rejected}
    return {
        recipient: {
            "recipient": outcome.number(recipient, whole=numbers),
            **state,
            "charset": group.charset,
            "segments": group.segments,
        }
        for group in entry.groups
        for recipient in group.recipients
    }
