"""RealTime: whom one call is accepted for, and what the caller then sees."""

import json
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from realtime_sms.provider.calls import CallResult, NotSent, Reply, ReplyLost


class Outcome(NamedTuple):
    """One way in which a call may end: who is accepted, by position, and what comes back.

    `proves`: an accepting reply came back whole. `open`: the caller cannot know what RealTime did.
    """

    accepts: tuple[bool, ...]
    result: CallResult
    proves: bool
    open: bool


ACCEPTED = "accepted"
_OPEN = {"reply lost", "request lost", "502, accepted", "502, not accepted", "result count"}


def _reply(*words: str) -> Reply:
    submissions = [
        {"status": word} | ({"submissionId": "4193366853543393"} if word == "submitted" else {}) for word in words
    ]
    return Reply(200, json.dumps({"submissions": submissions}).encode())


_WAYS: dict[str, Callable[[int], tuple[bool, CallResult]]] = {
    ACCEPTED: lambda n: (True, _reply(*["submitted"] * n)),
    "reply lost": lambda _: (True, ReplyLost("timeout")),
    "request lost": lambda _: (False, ReplyLost("reset")),
    "not sent": lambda _: (False, NotSent("refused")),
    "400": lambda _: (False, Reply(400)),
    "503": lambda _: (False, Reply(503)),
    "429": lambda _: (False, Reply(429, retry_after=7)),
    "unknown error": lambda n: (False, _reply(*["unknown_error"] * n)),
    "no balance": lambda n: (False, _reply(*["account_no_balance"] * n)),
    "404": lambda _: (False, Reply(404)),
    "401": lambda _: (False, Reply(401)),
    "403": lambda _: (False, Reply(403)),
    "502, accepted": lambda _: (True, Reply(502)),
    "502, not accepted": lambda _: (False, Reply(502)),
    "result count": lambda n: (True, _reply(*["submitted"] * (n + 1))),
}
EVERY = tuple(name for name in _WAYS if name != ACCEPTED)


BALANCES: dict[str, CallResult] = {"400": Reply(400), "401": Reply(401), "no reply": ReplyLost("timeout")}
"""What *Get balance* may answer besides a balance."""


@cache
def outcome(name: str, recipients: int) -> Outcome:
    """Return an outcome of a call to so many recipients."""
    if name == "first only":
        accepts = (True, *[False] * (recipients - 1))
        result: CallResult = _reply(*("submitted" if taken else "unknown_error" for taken in accepts))
    else:
        accepted, result = _WAYS[name](recipients)
        accepts = (accepted,) * recipients
    return Outcome(accepts, result, proves=name in {ACCEPTED, "first only"}, open=name in _OPEN)
