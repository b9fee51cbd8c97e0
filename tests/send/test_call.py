"""The call of one message: its token, when it is not made, and what a failure of our own code comes to."""

from collections.abc import Callable, Sequence
from typing import Any

from realtime_sms.aws.breakers import Breaker, OpenBreaker
from realtime_sms.aws.rate_limit import Granted
from realtime_sms.aws.tokens import TokenUnavailableError
from realtime_sms.provider.calls import Call, CallResult, NotSent, Reply
from realtime_sms.provider.verdict import Kind, Verdict
from realtime_sms.vocabulary import Reason
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
        self.tripped: list[tuple[Breaker, Reason]] = []

    def open(self) -> object:
        """Give one that is open."""
        return self.tripped or None

    def all_open(self) -> list[OpenBreaker]:
        """Return those that are open."""
        return [OpenBreaker(breaker, reason, 0) for breaker, reason in self.tripped]

    def trip(self, breaker: Breaker, reason: Reason) -> None:
        """Open one."""
        self.tripped.append((breaker, reason))


class TwoTokens:
    """Two tokens; how long the second may be waited for is kept."""

    def __init__(self) -> None:
        self.within: list[float] = []

    def current(self, *, within: float) -> str:
        """Give the first."""
        self.within.append(within)
        return "first"

    def renewed(self, _refused: str, *, within: float) -> str:
        """Give the second."""
        self.within.append(within)
        return "second"


def _caller(
    post: Callable[..., CallResult],
    *,
    tokens: Any = None,  # noqa: ANN401 (a source of tokens)
    clock: VirtualClock | None = None,
    breakers: Breakers | None = None,
    rate_limit: Any = None,  # noqa: ANN401 (as admission takes it)
) -> Caller:
    own: Any = breakers or Breakers()
    admission = Admission(own, clock or VirtualClock(), call_seconds=10, rate_limit=rate_limit)
    return Caller(post, tokens or TwoTokens(), admission, own)


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
        def take(self, _most: int) -> Granted:
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
    assert _kinds(verdicts) == [Kind.TRY_AGAIN] * 2  # never sent, so it may be tried again


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
