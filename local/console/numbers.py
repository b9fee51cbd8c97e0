"""The magic numbers as the page offers them: in groups, each with the state that it leads to by the project's rules."""

from typing import Any, Final

from local.fake_realtime.exchange import results_answer
from local.fake_realtime.magic import OUTCOMES, SUBMITTED, Manner, Outcome, Shape
from local.fake_realtime.settings import Settings
from realtime_sms.aws.breakers import BY_PROOF
from realtime_sms.outcomes.submission import Rules, Submission, settle
from realtime_sms.provider.calls import CallResult, Reply, ReplyLost
from realtime_sms.provider.verdict import Kind, classify
from realtime_sms.vocabulary import Status

_GROUPS: Final = {  # by the first of the number's last four digits
    "0": "HTTP errors; not accepted",
    "1": "HTTP errors the first time, then it works",
    "2": "HTTP errors, yet accepted",
    "3": "Broken replies; not accepted",
    "4": "Broken replies, yet accepted",
    "5": "What RealTime says about the account",
    "6": "Delivery reports",
}


def groups() -> list[dict[str, Any]]:
    """Give every magic number, after one that simply works."""
    works = {"title": "It works", "numbers": [_described(SUBMITTED)]}
    return [works] + [
        {"title": title, "numbers": [_described(one) for one in OUTCOMES if one.code.startswith(digit)]}
        for digit, title in _GROUPS.items()
    ]


def _described(outcome: Outcome) -> dict[str, Any]:
    fate = classify(_exchange(outcome), 1)[0]
    passes = outcome.first is not None
    status = settle(_SENDING, fate, Rules(), now=0, jitter=0).status
    if passes and status is Status.WAITING:
        # A token that was refused is replaced and tried again within the same attempt.
        leads_to = [Status.SUBMITTED] if fate.kind is Kind.UNAUTHORIZED else [Status.WAITING, Status.SUBMITTED]
    else:
        leads_to = [status]
    breaker = None if passes and fate.kind is Kind.UNAUTHORIZED else BY_PROOF.get(fate.kind)
    return {
        "number": outcome.number,
        "name": outcome.name,
        "meaning": outcome.meaning,
        "leadsTo": leads_to,
        "breaker": breaker,
    }


def _exchange(outcome: Outcome) -> CallResult:
    """Give what the send function sees of the outcome."""
    if outcome.manner is not Manner.WHOLE:
        return ReplyLost("closed")
    if outcome.shape is Shape.OVERSIZE:
        return ReplyLost("oversize")
    answer = results_answer([{"status": outcome.word, "submissionId": "1"}], "2", outcome, Settings())
    return Reply(answer.status, answer.body)


_SENDING: Final = Submission(
    request_id="-",
    recipient="-",
    content_hash="-",
    status=Status.SENDING,
    attempt=1,
    owner="-",
    created_at=0,
    updated_at=0,
)
