"""Record an outcome for the recipients of messages that SQS itself moved to the dead-letter queue."""

import secrets
import time
from collections.abc import Mapping

from maintenance.changes import apply_all
from maintenance.time_budget import UNLIMITED, TimeBudget
from realtime_sms.aws.queues import DeadLetter, DeadLetters
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Key
from realtime_sms.aws.telemetry import Metric, counters, logger, of_rejection
from realtime_sms.outcomes.decide import Change, Found, end_dead_letter
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.requests.envelope import identity, open_envelope
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.prepare import Defaults, Message, prepare
from realtime_sms.vocabulary import Reason

_BATCHES = 10  # of ten dead letters, a minute: a full dead-letter queue is read in turns
_HIDDEN = 45  # seconds; less than a minute, so that the next run sees what this one could not end
_DETAIL = "delivered too often without an end; redrive sends it again under the same request id"


def record_dead_letters(
    dead_letters: DeadLetters,
    submissions: Submissions,
    defaults: Defaults,
    rules: Rules,
    budget: TimeBudget = UNLIMITED,
) -> int:
    """Record an outcome for each dead letter that has none, and add the reason to the letter; return their number.

    What has its reason is shown again at the end of the run, for operators and the redrive.
    """
    recorded, done = 0, list[DeadLetter]()
    try:
        for letter in budget.of(dead_letters.receive(batches=_BATCHES, hidden=_HIDDEN)):
            if letter.reason:
                done.append(letter)
            else:
                _record(letter, dead_letters, submissions, defaults, rules)
                recorded += 1
    finally:
        dead_letters.show(done)
    counters.count(Metric.BURIED, recorded)
    return recorded


def _record(
    letter: DeadLetter, dead_letters: DeadLetters, submissions: Submissions, defaults: Defaults, rules: Rules
) -> None:
    try:
        prepared = prepare(open_envelope(letter.body, letter.message_id), defaults)
    except InvalidInputError as error:
        request_id = identity(letter.body, letter.message_id)
        submissions.note_rejection(request_id, error.reason, str(error), time.time())
        dead_letters.annotate(letter, reason=error.reason, detail=str(error), request_id=request_id)
        counters.count(of_rejection(error.reason))
        return
    recipients = [(message, one) for message in prepared.messages for one in message.recipients]
    found = submissions.read((prepared.request_id, one) for _, one in recipients)
    now, owner = time.time(), secrets.token_hex(8)
    changes = [
        end_dead_letter(message, one, found.get((prepared.request_id, one)), rules, owner=owner, now=now)
        for message, one in recipients
    ]
    writes = [change for change in changes if change is not None]
    if apply_all(writes, submissions) < len(writes):
        logger.warning("dead letter not recorded", extra={"requestId": prepared.request_id})
    elif all(_has_ended(*pair, change, found) for pair, change in zip(recipients, changes, strict=True)):
        dead_letters.annotate(letter, reason=Reason.DEAD_LETTERED, detail=_DETAIL, request_id=prepared.request_id)
        counters.count(of_rejection(Reason.DEAD_LETTERED))


def _has_ended(message: Message, recipient: str, change: Change | None, found: Mapping[Key, Found]) -> bool:
    """Return True if nothing is left to end: a lease that still runs, or a resend, is looked at again in a minute."""
    held = change.after if change is not None else found[message.request_id, recipient]
    return isinstance(held, Submission) and (held.final or not message.is_same_content(held.content_hash))
