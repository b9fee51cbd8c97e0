"""The call of one message: its token, when it is not made, and what a failure of our own code comes to."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from realtime_sms.aws.breakers import Breaker, OpenBreaker
from realtime_sms.aws.rate_limit import Granted
from realtime_sms.aws.tokens import TokenUnavailableError
from realtime_sms.provider.calls import Call, CallResult, NotSent, Reply, ReplyLost
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.vocabulary import MessageType, Reason
from send.admission import Admission, Permit
from send.call import Caller
from tests.fakes.quiet import quiet
from tests.fakes.send_parts import ACCEPTED_REPLY, NUMBERS, START, VirtualClock, claimed, message_to

MESSAGE = message_to(NUMBERS[0])
NOT_STARTED = Verdict(Kind.NOT_STARTED, Reason.NOT_STARTED)
READY = claimed(MESSAGE)


class Breakers:
    """Breakers, of which none is open before one is tripped."""

    def __init__(self) -> None:
        self.paused = frozenset[MessageType]()
        self.tripped: list[tuple[Breaker, Reason]] = []
        self.closed: list[Breaker] = []

    def open(self) -> object:
        """Return what was tripped, or None."""
        return self.tripped or None

    def all_open(self) -> list[OpenBreaker]:
        """Return the open breakers."""
        return [OpenBreaker(breaker, reason, 0) for breaker, reason in self.tripped]

    def trip(self, breaker: Breaker, reason: Reason) -> None:
        """Open one."""
        self.tripped.append((breaker, reason))

    def close(self, opened: OpenBreaker) -> bool:
        """Close one."""
        self.closed.append(opened.breaker)
        return True


class TwoTokens:
    """Two tokens; how long the second may be waited for is kept."""

    def __init__(self) -> None:
        self.within: list[float] = []

    def current(self, *, within: float) -> str:
        """Return the first token."""
        self.within.append(within)
        return "first"

    def renewed(self, _refused: str, *, within: float) -> str:
        """Return the second token."""
        self.within.append(within)
        return "second"


def _caller(  # noqa: PLR0913 (the ports)
    post: Callable[..., CallResult],
    *,
    tokens: Any = None,  # noqa: ANN401 (a source of tokens)
    clock: VirtualClock | None = None,
    breakers: Breakers | None = None,
    rate_limit: Any = None,  # noqa: ANN401 (as admission takes it)
    retry_server_errors: bool = True,
) -> Caller:
    own: Any = breakers or Breakers()
    admission = Admission(own, clock or VirtualClock(), call_seconds=10, rate_limit=rate_limit)
    return Caller(post, tokens or TwoTokens(), admission, own, retry_server_errors=retry_server_errors)


def _accept(_call: Call, *, latest: float) -> CallResult:  # noqa: ARG001 (as a post is called)
    return ACCEPTED_REPLY


def _refuse(_call: Call, *, latest: float) -> CallResult:  # noqa: ARG001
    return Reply(401)


def _kinds(verdicts: Sequence[Verdict]) -> list[Kind]:
    return [verdict.kind for verdict in verdicts]


def test_the_second_call_after_a_refused_token_takes_a_slot_of_its_own() -> None:
    """For RealTime it is one call more."""
    clock = VirtualClock()
    begun: list[float] = []

    class OneSlot:
        def take(self, _most: int, _message_type: MessageType) -> Granted:
            return Granted([START + 5], START + 6)

    def refuse(_call: Call, *, latest: float) -> CallResult:  # noqa: ARG001
        begun.append(clock.at)
        return Reply(401)

    _caller(refuse, clock=clock, rate_limit=OneSlot()).call(MESSAGE, READY, Permit(START + 1))
    assert begun == [START + 1, START + 5]


def test_the_request_leaves_no_later_than_the_first_lease_ends() -> None:
    """The client looks at the clock once more, directly before the request leaves: see `RealTimeClient.perform`."""
    message = message_to(*NUMBERS[:2])
    ready = [*claimed(message_to(NUMBERS[0]), lease_until=START + 50), *claimed(message_to(NUMBERS[1]))]
    until: list[float] = []

    def late(_call: Call, *, latest: float) -> CallResult:
        until.append(latest)
        return NotSent("late")

    verdicts = _caller(late).call(message, ready, Permit())
    assert until == [START + 50]
    assert verdicts == [NOT_STARTED] * 2


def test_a_call_is_not_made_once_its_lease_is_over() -> None:
    """As in an environment that was frozen after its claim and is used again an hour later."""
    clock = VirtualClock()
    clock.frozen = 3600
    assert _caller(_fail, clock=clock).call(MESSAGE, READY, Permit()) == [NOT_STARTED]


def test_a_call_is_not_made_if_its_lease_ends_while_a_token_is_waited_for() -> None:
    """The lease is held against the wall clock after every wait."""
    clock = VirtualClock()

    class Slow(TwoTokens):
        def current(self, *, within: float) -> str:
            clock.frozen = 3600
            return super().current(within=within)

    assert _caller(_fail, clock=clock, tokens=Slow()).call(MESSAGE, READY, Permit()) == [NOT_STARTED]


def _fail(_call: Call, *, latest: float) -> CallResult:
    raise AssertionError(latest)


def test_an_error_of_our_own_in_a_call_leaves_its_outcome_open() -> None:
    """Nobody knows whether the request left; it is for the outcome to say so, and not for the whole invocation."""

    def broken(_call: Call, *, latest: float) -> CallResult:  # noqa: ARG001
        raise ZeroDivisionError

    with quiet():
        verdicts = _caller(broken).call(MESSAGE, READY, Permit())
    assert _kinds(verdicts) == [Kind.OPEN]


def test_a_refused_token_is_replaced_and_the_call_made_once_more() -> None:
    """With another token."""
    bearers: list[str] = []

    def refuse_the_first(call: Call, *, latest: float) -> CallResult:  # noqa: ARG001
        bearers.append(call.headers["Authorization"])
        return Reply(401) if len(bearers) == 1 else ACCEPTED_REPLY

    assert _kinds(_caller(refuse_the_first).call(MESSAGE, READY, Permit())) == [Kind.ACCEPTED]
    assert [bearer.rpartition(" ")[2] for bearer in bearers] == ["first", "second"]


def test_tokens_that_are_refused_open_the_breaker_at_once() -> None:
    """No other message finds that out by a call of its own."""
    breakers = Breakers()
    assert _kinds(_caller(_refuse, breakers=breakers).call(MESSAGE, READY, Permit())) == [Kind.UNAUTHORIZED]
    assert breakers.tripped == [(Breaker.AUTH, Reason.UNAUTHORIZED)]


def test_a_token_is_waited_for_as_long_as_the_outcome_can_still_be_recorded() -> None:
    """Of 60 seconds 6 are the writes'; a renewal that ends too late for a call still tells whether a token helps."""
    clock, tokens = VirtualClock(), TwoTokens()
    clock.at += 4
    _caller(_refuse, clock=clock, tokens=tokens).call(MESSAGE, READY, Permit())
    assert set(tokens.within) == {60 - 4 - 6}


def test_without_any_token_there_is_no_call_and_the_message_waits() -> None:
    """The secret is empty, or holds no token."""

    class Empty(TwoTokens):
        def current(self, *, within: float) -> str:
            raise TokenUnavailableError(str(within))

    with quiet():
        verdicts = _caller(_fail, tokens=Empty()).call(MESSAGE, READY, Permit())
    assert _kinds(verdicts) == [Kind.UNAUTHORIZED]


class Account:
    """RealTime: what it answers to *Send SMS* and to *Get balance* with each token; notes what was asked."""

    def __init__(self, sms: CallResult, balance: CallResult, *, good: str = "") -> None:
        self.asked: list[tuple[str, str]] = []
        self._sms = sms
        self._balance = balance
        self._good = good

    def post(self, call: Call, *, latest: float) -> CallResult:  # noqa: ARG002 (as a post is called)
        """Answer."""
        token = call.headers["Authorization"].rpartition(" ")[2]
        self.asked.append((call.path, token))
        if token == self._good:
            return ACCEPTED_REPLY
        return self._balance if call.path == "/api/balance" else self._sms


def test_a_400_is_the_messages_if_get_balance_takes_the_token() -> None:
    """RealTime cannot read this request; the token is as it should be."""
    account, breakers = Account(Reply(400), Reply(200, b'{"balance": "0.00"}')), Breakers()
    verdicts = _caller(account.post, breakers=breakers).call(MESSAGE, READY, Permit())
    assert verdicts == [Verdict(Kind.REFUSED, Reason.MALFORMED, 400)]
    assert account.asked == [("/api/sms", "first"), ("/api/balance", "first")]
    assert breakers.tripped == []


@pytest.mark.parametrize("balance", [Reply(400), Reply(401)], ids=str)
def test_a_400_holds_all_if_get_balance_refuses_the_token_and_its_replacement(balance: Reply) -> None:
    """As a 401 does: a token that was pasted in part says nothing of the messages."""
    account, breakers = Account(Reply(400), balance), Breakers()
    verdicts = _caller(account.post, breakers=breakers).call(MESSAGE, READY, Permit())
    assert verdicts == [Verdict(Kind.UNAUTHORIZED, Reason.UNAUTHORIZED, 400)]
    assert [token for path, token in account.asked if path == "/api/sms"] == ["first", "second"]
    assert breakers.tripped == [(Breaker.AUTH, Reason.UNAUTHORIZED)]


def test_a_token_of_the_wrong_format_is_replaced_and_the_call_made_once_more() -> None:
    """With the new token it is accepted, and no breaker opens."""
    account, breakers = Account(Reply(400), Reply(400), good="second"), Breakers()
    assert _kinds(_caller(account.post, breakers=breakers).call(MESSAGE, READY, Permit())) == [Kind.ACCEPTED]
    assert breakers.tripped == []


@pytest.mark.parametrize("balance", [Reply(503), Reply(404), NotSent("dns"), ReplyLost("timeout")], ids=str)
def test_a_400_fails_no_message_while_get_balance_says_nothing_of_the_token(balance: CallResult) -> None:
    """It is tried again, as often as other refusals; nothing was accepted."""
    verdicts = _caller(Account(Reply(400), balance).post).call(MESSAGE, READY, Permit())
    assert verdicts == [Verdict(Kind.DOUBTFUL, Reason.MALFORMED, 400)]


def test_without_time_for_another_call_a_400_is_tried_again() -> None:
    """The outcome has to be recorded."""
    account, clock = Account(Reply(400), Reply(200)), VirtualClock()

    def slow(call: Call, *, latest: float) -> CallResult:
        clock.at += 45
        return account.post(call, latest=latest)

    assert _kinds(_caller(slow, clock=clock).call(MESSAGE, READY, Permit())) == [Kind.DOUBTFUL]
    assert account.asked == [("/api/sms", "first")]


def test_get_balance_is_asked_once_for_all_calls_in_flight() -> None:
    """However many are refused at the same time."""
    account, together = Account(Reply(400), Reply(200)), Barrier(8)

    def at_once(call: Call, *, latest: float) -> CallResult:
        if call.path == "/api/sms":
            together.wait(10)
        return account.post(call, latest=latest)

    caller = _caller(at_once)
    with ThreadPoolExecutor(8) as pool:
        kinds = [_kinds(one) for one in pool.map(lambda _: caller.call(MESSAGE, READY, Permit()), range(8))]
    assert kinds == [[Kind.REFUSED]] * 8
    assert account.asked.count(("/api/balance", "first")) == 1


@pytest.mark.parametrize("status", [404, 405])
def test_a_wrong_address_holds_all(status: int) -> None:
    """It says nothing of the message."""
    breakers = Breakers()
    account = Account(Reply(status), Reply(status))
    verdicts = _caller(account.post, breakers=breakers).call(MESSAGE, READY, Permit())
    assert verdicts == [Verdict(Kind.WRONG_ADDRESS, Reason.WRONG_ADDRESS, status)]
    assert breakers.tripped == [(Breaker.ENDPOINT, Reason.WRONG_ADDRESS)]


PROBED = OpenBreaker(Breaker.ENDPOINT, Reason.WRONG_ADDRESS, START - 60)


@pytest.mark.parametrize(
    ("result", "closed"),
    [
        (ACCEPTED_REPLY, True),
        (Reply(429), True),
        (Reply(503), True),
        (Reply(401), True),
        (Reply(404), False),
        (Reply(405), False),
        (Reply(502), False),
        (Reply(302), False),
        (Reply(200, b"<html>"), False),
        (NotSent("dns"), False),
        (ReplyLost("reset"), False),
    ],
    ids=lambda value: f"{value.status} {value.body[:6]!r}" if isinstance(value, Reply) else str(value),
)
def test_a_probe_closes_the_breaker_if_realtime_answers_it(result: CallResult, closed: bool) -> None:  # noqa: FBT001
    """Whatever it says of message or account; a page of somebody else's, a redirect or a gateway proves nothing."""
    breakers = Breakers()
    _caller(Account(result, result).post, breakers=breakers).call(MESSAGE, READY, Permit(probe=PROBED))
    assert breakers.closed == [Breaker.ENDPOINT] * closed


def test_a_probe_whose_token_is_refused_is_repeated_with_another() -> None:
    """The breaker that it probes does not keep it from that."""
    breakers = Breakers()
    breakers.tripped = [(Breaker.ENDPOINT, Reason.WRONG_ADDRESS)]
    account = Account(Reply(401), Reply(401), good="second")
    verdicts = _caller(account.post, breakers=breakers).call(MESSAGE, READY, Permit(probe=PROBED))
    assert _kinds(verdicts) == [Kind.ACCEPTED]


@pytest.mark.parametrize(("believed", "kind"), [(True, Kind.TRY_AGAIN), (False, Kind.OPEN)])
def test_a_503_is_repeated_only_where_try_again_later_is_believed(believed: bool, kind: Kind) -> None:  # noqa: FBT001
    """The parameter `RetryServerErrors`."""
    account = Account(Reply(503), Reply(503))
    assert _kinds(_caller(account.post, retry_server_errors=believed).call(MESSAGE, READY, Permit())) == [kind]
