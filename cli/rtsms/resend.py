"""Sending again what nobody knows the fate of, because an operator says so: the person may get it twice.

The table keeps no text, so the request has to be given again as it was published, with all its recipients. Whoever has
an end already is not sent to.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from realtime_sms.aws.producer import message
from realtime_sms.aws.submissions import Applied, Key, WriteResult
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.envelope import IdentifiedRequest, unwrap
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.model import parse_request
from realtime_sms.requests.prepare import Defaults, prepare
from realtime_sms.requests.recipients import mask
from realtime_sms.vocabulary import Status
from rtsms.fault import Exit, Fault, refused
from rtsms.send import Queue


class Submissions(Protocol):
    """The outcomes table as a store of submissions."""

    def read(self, keys: Iterable[Key]) -> Mapping[Key, Submission]:
        """Read submissions by key."""

    def swap(self, changes: Sequence[Change]) -> list[WriteResult]:
        """Carry out each change if the table still holds its `before`."""


def find(submissions: Submissions, request_id: str, number: str, content_hash: str) -> Submission:
    """Give the submission that is to be sent again.

    Raises:
        Fault: there is none, its fate is known, or it was of other content.

    """
    where = f"request {request_id}, {mask(number)}"
    found = submissions.read([(request_id, number)]).get((request_id, number))
    if found is None:
        raise Fault(Exit.NOT_FOUND, where, "nothing is known of it", to_do=f"rtsms status {request_id}")
    if found.content_hash != content_hash:
        what = "the request given is not the one that was published under this id"
        raise Fault(Exit.USAGE, where, what, to_do="give it as it was published, with all its recipients")
    if found.status is not Status.UNKNOWN and not _resent(found):
        raise Fault(Exit.USAGE, where, f"it is {found.status}, and only what is unknown can be sent again")
    return found


def resend(
    submissions: Submissions, queue: Queue, found: Submission, body: Mapping[str, object], *, now: float
) -> None:
    """Let it be sent once more, and publish its request again; after a crash between the two, say the same again.

    Raises:
        Fault: it changed meanwhile.
        QueueUnavailableError: it is not published, and the same may be said again.

    """
    if not _resent(found):
        (answer,) = submissions.swap([Change(found, submission.resend(found, now=now))])
        if not isinstance(answer, Applied):
            where = f"request {found.request_id}, {mask(found.recipient)}"
            raise Fault(
                Exit.WRONG, where, "it changed meanwhile, or the table did not answer", to_do="look at its status"
            )
    queue.publish(message({**body, "requestId": found.request_id}))


def read_published(body: str, request_id: str, defaults: Defaults) -> tuple[Mapping[str, object], str]:
    """Read a request as it was published, in its envelopes or without; give it and the fingerprint of its content.

    Raises:
        Fault: it is no request.

    """
    try:
        payload, _ = unwrap(body)
        request = parse_request({**payload, "requestId": request_id})
    except InvalidInputError as error:
        raise refused("the request", error.problems) from None
    return payload, prepare(IdentifiedRequest(request_id, request), defaults).content_hash


def _resent(found: Submission) -> bool:
    """Say whether it waits already because of an operator, as after a crash before its request was published."""
    return found.status is Status.WAITING and found.maybe_sent
