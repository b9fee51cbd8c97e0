"""The scenarios that are tried, and the bounds to which the tests go; `make simulate` goes further."""

from local.model_checker.provider import EVERY
from local.model_checker.scenario import Bounds, Scenario, Sent

_ONE = ("+56911111111",)
_TWO = ("+56911111111", "+56922222222")
_THREE = (*_TWO, "+56933333333")
_OTHER = ("+56944444444", "+56955555555")
_TOGETHER = (*EVERY, "first only")
_FEW = ("reply lost", "400", "503")  # one that is open, one for good, one for now
FURTHEST = Bounds(crashes=3, duplicates=2, faults=3, pauses=0)
_BEYOND = Bounds(crashes=5, duplicates=4, faults=6, pauses=3)

SCENARIOS = (
    Scenario("one recipient, two workers", (Sent(_ONE),), bounds=Bounds(1, 1, 2), answers=EVERY),
    Scenario("the same, resending", (Sent(_ONE, resend=True),), bounds=Bounds(1, 1, 1), answers=EVERY),
    Scenario("the same, expiring and swept", (Sent(_ONE, expires_after=30),), bounds=Bounds(1, 0, 1), sweeps=True),
    Scenario(
        "the same, expiring, swept and resending",
        (Sent(_ONE, expires_after=30, resend=True),),
        bounds=Bounds(1, 0, 1),
        answers=_FEW,
        sweeps=True,
    ),
    Scenario(
        "the same, with a token secret that fails",
        (Sent(_ONE),),
        bounds=Bounds(1, 1, 2, 0),
        answers=("401",),
        secret_faults=True,
    ),
    Scenario("two recipients in one wave", (Sent(_TWO),), workers=1, bounds=Bounds(1, 1, 1), answers=EVERY),
    Scenario("the same wave, resending", (Sent(_TWO, resend=True),), workers=1, bounds=Bounds(1, 1, 1), answers=_FEW),
    Scenario("three recipients in one wave", (Sent(_THREE),), workers=1, bounds=Bounds(1, 0, 1, 0), answers=_FEW),
    Scenario(
        "two recipients in one call",
        (Sent(_TWO),),
        workers=1,
        bounds=Bounds(1, 1, 1),
        answers=_TOGETHER,
        recipients_per_call=2,
    ),
    Scenario(
        "the same call, two workers, resending",
        (Sent(_TWO, resend=True),),
        bounds=Bounds(1, 1, 1, 0),
        answers=_TOGETHER,
        recipients_per_call=2,
    ),
    Scenario("two recipients, two workers", (Sent(_TWO),), bounds=Bounds(1, 1, 1, 0), answers=_FEW),
    Scenario("two requests in one batch", (Sent(_ONE), Sent(_OTHER[:1], "b", "q")), workers=1, bounds=Bounds(1, 1, 1)),
    Scenario(
        "two recipients, one of whom has opted out",
        (Sent(_TWO),),
        workers=1,
        bounds=Bounds(1, 1, 1),
        answers=("503",),
        opted_out=frozenset(_ONE),
    ),
    Scenario("two texts under one id", (Sent(_ONE), Sent(_ONE, "b")), workers=1, bounds=Bounds(1, 1, 1), answers=_FEW),
)

WALKED = (
    Scenario(
        "three recipients, and two that expire; two workers and the sweeper",
        (Sent(_THREE), Sent(_OTHER, "b", "q", expires_after=40)),
        bounds=_BEYOND,
        answers=_TOGETHER,
        recipients_per_call=2,
        sweeps=True,
    ),
    Scenario(
        "three recipients and one, resending; three workers",
        (Sent(_THREE, resend=True), Sent(_OTHER[:1], "b", "q", resend=True)),
        workers=3,
        bounds=_BEYOND,
        answers=EVERY,
    ),
    Scenario(
        "two texts for two recipients under one id; three workers",
        (Sent(_TWO), Sent(_TWO, "b")),
        workers=3,
        bounds=_BEYOND,
        answers=EVERY,
    ),
)
