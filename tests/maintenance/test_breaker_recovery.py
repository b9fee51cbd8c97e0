"""Closing breakers, and asking for a new token where *Get balance* meets a dead one."""

from typing import Any

import pytest

from local.model_checker.explorer import quiet
from maintenance.breaker_recovery import recover_breakers
from realtime_sms.aws.breakers import Breaker, OpenBreaker
from realtime_sms.aws.tokens import fingerprint
from realtime_sms.provider.calls import Call, CallResult, NotSent, Reply, ReplyLost
from realtime_sms.vocabulary import Reason

NOW = 1_000_000_000.0
RICH, POOR = Reply(200, b'{"balance": "457.00"}'), Reply(200, b'{"balance": "0.00"}')


class Board:
    """Breakers that are open, and those that were closed."""

    def __init__(self, *opened: OpenBreaker) -> None:
        self.opened = list(opened)
        self.closed: list[Breaker] = []

    def refresh(self) -> None:
        """Read nothing."""

    def all_open(self) -> list[OpenBreaker]:
        """Return the open breakers."""
        return self.opened

    def close(self, opened: OpenBreaker) -> None:
        """Close one."""
        self.closed.append(opened.breaker)


class RealTime:
    """*Get balance*, answered always the same; counts what it was asked."""

    def __init__(self, reply: CallResult) -> None:
        self.calls: list[Call] = []
        self._reply = reply

    def exchange(self, call: Call) -> CallResult:
        """Answer."""
        self.calls.append(call)
        return self._reply


def _cured(board: Board, realtime: RealTime) -> list[str]:
    """Cure once; give what was asked to be renewed."""
    breakers: Any = board
    renewed: list[str] = []
    with quiet():
        recover_breakers(breakers, realtime.exchange, lambda: "held", renewed.append, now=NOW)
    return renewed


AUTH = OpenBreaker(Breaker.AUTH, Reason.UNAUTHORIZED, NOW - 60)
BALANCE = OpenBreaker(Breaker.BALANCE, Reason.NO_BALANCE, NOW - 60)


@pytest.mark.parametrize(
    ("opened", "reply", "closed"),
    [
        pytest.param(BALANCE, RICH, [Breaker.BALANCE], id="there is balance"),
        pytest.param(BALANCE, POOR, [], id="there is none"),
        pytest.param(BALANCE, Reply(200, b"{}"), [], id="it is not told"),
        pytest.param(BALANCE, Reply(200, b'{"balance": 457.5}'), [Breaker.BALANCE], id="a number instead of a text"),
        pytest.param(BALANCE, Reply(200, b'{"balance": true}'), [], id="no amount"),
        pytest.param(BALANCE, Reply(200, b'{"balance": "NaN"}'), [], id="not a number"),
        pytest.param(BALANCE, Reply(200, b'{"balance": "Infinity"}'), [], id="without end"),
        pytest.param(AUTH, POOR, [Breaker.AUTH], id="the token is taken"),
        pytest.param(AUTH, Reply(403), [], id="forbidden"),
        pytest.param(AUTH, Reply(500), [], id="an error"),
        pytest.param(AUTH, NotSent("refused"), [], id="no connection"),
        pytest.param(AUTH, ReplyLost("timeout"), [], id="no reply"),
    ],
)
def test_a_breaker_closes_when_its_cause_is_gone(opened: OpenBreaker, reply: CallResult, closed: list[Breaker]) -> None:
    """By one reply to one question; and nobody is asked for another token."""
    board, realtime = Board(opened), RealTime(reply)
    assert _cured(board, realtime) == []
    assert board.closed == closed
    assert len(realtime.calls) == 1


@pytest.mark.parametrize("opened", [AUTH, BALANCE], ids=str)
def test_a_dead_token_is_renewed_while_no_call_goes_out_that_could_meet_it(opened: OpenBreaker) -> None:
    """Whichever breaker is open: without a new token neither could ever be seen to be cured."""
    board = Board(opened)
    assert _cured(board, RealTime(Reply(401))) == [fingerprint("held")]
    assert board.closed == []


@pytest.mark.parametrize(
    "opened",
    [
        pytest.param((), id="none is open"),
        pytest.param((OpenBreaker(Breaker.AUTH, Reason.FORBIDDEN, NOW - 1, times=3),), id="one is held open"),
    ],
)
def test_nothing_is_asked_while_there_is_nothing_to_close(opened: tuple[OpenBreaker, ...]) -> None:
    """Neither RealTime nor the refresh function."""
    realtime = RealTime(Reply(401))
    assert _cured(Board(*opened), realtime) == []
    assert realtime.calls == []
