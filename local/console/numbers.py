"""The magic numbers in groups, each with the status that the send function would give it."""

from dataclasses import replace
from typing import Any, Final

from local.fake_realtime.answers import send_answer
from local.fake_realtime.magic import OUTCOMES, SUBMITTED, Manner, Outcome, Shape
from local.fake_realtime.settings import Settings
from realtime_sms.aws.breakers import BY_KIND
from realtime_sms.outcomes.submission import Rules, Submission, settle
from realtime_sms.provider.calls import CallResult, Reply, ReplyLost
from realtime_sms.provider.verdict import Kind, classify
from realtime_sms.vocabulary import Status

_GROUPS: Final = {  # by the first of the number's last four digits
    "0": "HTTP errors; not accepted",
    "1": "HTTP errors the first time, then it works",
    "2": "HTTP errors, but accepted",
    "3": "Broken replies; not accepted",
    "4": "Broken replies, but accepted",
    "5": "What RealTime says about the account",
    "6": "Delivery reports",
}


def groups() -> list[dict[str, Any]]:
    """Return every magic number, after one that works."""
    works = {"title": "It works", "numbers": [_described(SUBMITTED)]}
    return [works] + [
        {"title": title, "numbers": [_described(one) for one in OUTCOMES if one.code.startswith(digit)]}
        for digit, title in _GROUPS.items()
    ]


def _described(outcome: Outcome) -> dict[str, Any]:
    verdict = classify(_result(outcome), 1)[0]
    if verdict.kind is Kind.DOUBTFUL:  # the token is good here
        verdict = replace(verdict, kind=Kind.REFUSED)
    passes, unauthorized = outcome.first is not None, verdict.kind is Kind.UNAUTHORIZED
    leads_to = [settle(_SENDING, verdict, Rules(), now=0, jitter=0).status]
    if passes and leads_to == [Status.WAITING]:
        # A refused token is replaced within the same attempt.
        leads_to = [Status.SUBMITTED] if unauthorized else [Status.WAITING, Status.SUBMITTED]
    return {
        "number": outcome.number,
        "name": outcome.name,
        "meaning": outcome.meaning,
        "leadsTo": leads_to,
        "breaker": None if passes and unauthorized else BY_KIND.get(verdict.kind),
    }


def _result(outcome: Outcome) -> CallResult:
    """Return what the send function sees of the outcome."""
    if outcome.manner is not Manner.WHOLE:
        return ReplyLost("closed")
    if outcome.shape is Shape.OVERSIZE:
        return ReplyLost("oversize")
    answer = send_answer([{"status": outcome.word, "submissionId": "1"}], "2", outcome, Settings())
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
