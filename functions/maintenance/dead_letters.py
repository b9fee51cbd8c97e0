"""Dead letters that SQS itself moved, after too many deliveries: their recipients get a recorded end."""

import secrets
import time
from collections.abc import Mapping

from maintenance.changes import carry_out
from maintenance.time_budget import ALL, TimeBudget
from realtime_sms.aws.dead_letters import DeadLetter, DeadLetters
from realtime_sms.aws.logging import logger
from realtime_sms.aws.metrics import Metric, counters, of_rejection
from realtime_sms.aws.submissions import Key, Submissions
from realtime_sms.outcomes.decide import Change, end_dead_letter
from realtime_sms.outcomes.submission import Rules, Submission
from realtime_sms.requests.envelope import identity, open_envelope
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.prepare import Defaults, Draft, prepare
from realtime_sms.vocabulary import Reason

_BATCHES = 10  # of ten letters, a minute: a full dead-letter queue is read in turns
_HIDDEN = 45  # seconds; less than a minute, so that the next run sees what this one could not end
_DETAIL = "delivered too often without an end; redrive sends it again under the same request id"


def record_dead_letters(
    letters: DeadLetters, submissions: Submissions, defaults: Defaults, rules: Rules, share: TimeBudget = ALL
) -> int:
    """Record an end for each letter that has none, and say on the letter why it is here; give how many."""
    buried = 0
    for letter in share.of(letters.receive(batches=_BATCHES, hidden=_HIDDEN)):
        if not letter.reason:
            _bury(letter, letters, submissions, defaults, rules)
            buried += 1
    counters.count(Metric.BURIED, buried)
    return buried


def _bury(letter: DeadLetter, letters: DeadLetters, submissions: Submissions, defaults: Defaults, rules: Rules) -> None:
    try:
        prepared = prepare(open_envelope(letter.body, letter.message_id), defaults)
    except InvalidInputError as error:
        request_id = identity(letter.body, letter.message_id)
        submissions.note_rejection(request_id, error.reason, str(error), time.time())
        letters.annotate(letter, reason=error.reason, detail=str(error), request_id=request_id)
        counters.count(of_rejection(error.reason))
        return
    drafts = prepared.drafts
    found = submissions.read(draft.key for draft in drafts)
    now = time.time()
    changes = [end_dead_letter(draft, found.get(draft.key), secrets.token_hex(8), rules, now=now) for draft in drafts]
    writes = [change for change in changes if change is not None]
    written = carry_out(writes, submissions) == len(writes)
    ended = all(_is_ended(*pair, found) for pair in zip(drafts, changes, strict=True))
    request_id = prepared.opened.request_id
    if not written:
        logger.warning("burial not finished", extra={"requestId": request_id})
    elif ended:
        letters.annotate(letter, reason=Reason.DEAD_LETTERED, detail=_DETAIL, request_id=request_id)
        counters.count(of_rejection(Reason.DEAD_LETTERED))


def _is_ended(draft: Draft, change: Change | None, found: Mapping[Key, Submission]) -> bool:
    """Say whether nothing is left to end: a lease that still runs, or a resend, is looked at again in a minute."""
    held = change.after if change is not None else found[draft.key]
    return held.final or held.content_hash != draft.content_hash
