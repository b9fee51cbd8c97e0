"""Cancel submissions by conditional writes, like claims, so that exactly one of sender and canceller wins.

If the table has no item yet, the canceller writes `cancelled` with the hash of the content. The message that comes
later finds a final state, and is acknowledged. If a condition fails, the canceller reads again. A call that raises may
have cancelled some; if it is repeated, it answers for all.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from realtime_sms.aws.forgotten import PREFIX
from realtime_sms.aws.requests import Entry, Summary
from realtime_sms.aws.submissions import Applied, WriteResult
from realtime_sms.aws.table import Key, StoreUnavailableError
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change, Found, Unreadable, cancel_unread
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import Status

_PAUSES = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)  # seconds before each round
_NO_END = "not every recipient has an answer"


class Answer(StrEnum):
    """The answer for one recipient."""

    CANCELLED = "cancelled"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and the submission that the table holds: None if this version cannot read it.

    `written` is True if this call wrote it.
    """

    answer: Answer
    held: Submission | None
    written: bool = False


class Store(Protocol):
    """The part of the store of submissions that a canceller uses."""

    def read(self, keys: Iterable[Key]) -> Mapping[Key, Submission | Unreadable]:
        """Read submissions by key, consistently."""

    def apply(self, changes: Sequence[Change]) -> Sequence[WriteResult]:
        """Carry out each change if the table still holds its `before`; return the result of each."""


def cancel_all(
    submissions: Store,
    absent: Iterable[Submission],
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[Key, Answered]:
    """Cancel what was not sent; return one answer for each recipient.

    `absent` has for each recipient the submission to write if the table has none, or its outcome if it is known to have
    one. The answer is `cancelled` if the message will never be sent, and `too_late` if it was sent, may have been sent,
    or ended in another way.

    Raises:
        StoreUnavailableError: the table did not answer for all. Some may be cancelled; the call may be repeated.

    """
    left = {(one.request_id, one.recipient): one for one in absent}
    answers: dict[Key, Answered] = {}
    for pause in _PAUSES:
        if pause:
            sleep(pause)
        found = submissions.read(left)
        steps = {key: _step(one, found.get(key), now()) for key, one in left.items()}
        answers |= {key: step for key, step in steps.items() if isinstance(step, Answered)}
        answers |= _write(submissions, [step for step in steps.values() if isinstance(step, Change)])
        left = {key: one for key, one in left.items() if key not in answers}
        if not left:
            return answers
    raise StoreUnavailableError(_NO_END)


def scheduled(answers: Mapping[Key, Answered]) -> list[str]:
    """Return the ids of cancelled requests that may have a schedule, if no other recipient needs it."""
    held = [(key[0], one.held) for key, one in answers.items()]
    needed = {request_id for request_id, one in held if one is None or not one.final}
    return sorted({request_id for request_id, one in held if one and _had_a_time(one)} - needed)


def _had_a_time(one: Submission) -> bool:
    return one.status is Status.CANCELLED and one.due_at is not None


def of_request(summary: Summary, outcomes: Iterable[Submission], *, owner: str, now: float) -> list[Submission]:
    """Return for each known recipient of a request its outcome, or the submission to write if it has none."""
    entry = summary.entry
    accepted = _of_entry(entry, summary.content_hash or entry.content_hash, owner, now) if entry else ()
    return list({one.recipient: one for one in (*accepted, *outcomes)}.values())


def _of_entry(entry: Entry, content_hash: str, owner: str, now: float) -> Iterator[Submission]:
    for group in entry.groups:
        for recipient in group.recipients:
            if recipient.startswith(PREFIX):  # who was forgotten had ended
                continue
            yield submission.cancel_absent(
                entry.request_id,
                recipient,
                content_hash,
                owner=owner,
                now=now,
                charset=group.charset,
                segments=group.segments,
                due_at=entry.send_at,
                message_type=entry.message_type,
                campaign=entry.campaign,
                metadata=entry.metadata,
            )


def of_messages(messages: Sequence[Message], *, owner: str, now: float) -> list[Submission]:
    """Return the submission to write for each recipient of these messages, if the table has none."""
    return [
        cancel_unread(message, recipient, owner=owner, now=now)
        for message in messages
        for recipient in message.recipients
    ]


def _step(absent: Submission, found: Found, now: float) -> Change | Answered:
    """Return the write that cancels a submission, or the answer if no write is needed."""
    if found is None:  # an outcome that was there has gone: its number was forgotten meanwhile
        gone = absent.status is not Status.CANCELLED
        return Answered(Answer.TOO_LATE, None) if gone else Change(None, absent)
    if isinstance(found, Unreadable):
        return Answered(Answer.TOO_LATE, None)
    if found.can_be_cancelled:
        return Change(found, submission.cancel(found, now=now))
    return Answered(Answer.CANCELLED if found.status is Status.CANCELLED else Answer.TOO_LATE, found)


def _write(submissions: Store, changes: Sequence[Change]) -> dict[Key, Answered]:
    """Carry out changes; return an answer for each that was applied. The others are read again."""
    return {
        (change.after.request_id, change.after.recipient): Answered(Answer.CANCELLED, change.after, written=True)
        for change, result in zip(changes, submissions.apply(changes), strict=True)
        if isinstance(result, Applied)
    }
