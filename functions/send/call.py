"""Make the call to RealTime for one message, and once more with a new token if the token is refused."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from threading import Lock
from typing import Protocol

from realtime_sms.aws.breakers import BY_KIND, Breaker, Breakers, OpenBreaker
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.aws.telemetry import logger
from realtime_sms.aws.tokens import TokenUnavailableError
from realtime_sms.outcomes.submission import Submission
from realtime_sms.provider import calls
from realtime_sms.provider.calls import Call, CallResult
from realtime_sms.provider.verdict import Kind, Verdict, classify, refuses_token
from realtime_sms.requests.prepare import Message
from realtime_sms.vocabulary import Reason
from send.admission import Admission, Permit

_NOT_STARTED = Verdict(Kind.NOT_STARTED, Reason.NOT_STARTED)
_NO_TOKEN = Verdict(Kind.UNAUTHORIZED, Reason.UNAUTHORIZED)
_FAULT = Verdict(Kind.OPEN, Reason.NO_WHOLE_REPLY)
_PROVES_NOTHING = frozenset({Kind.OPEN, Kind.WRONG_ADDRESS})  # of the address, where these came with a reply


type Send = Callable[[Message, Sequence[Submission], Permit], Sequence[Verdict]]


class TokenSource(Protocol):
    """Where tokens come from. Both raise TokenUnavailableError, or TimeoutError after `within` seconds."""

    def current(self, *, within: float) -> str:
        """Return the token to use."""

    def renewed(self, refused: str, *, within: float) -> str:
        """Return another token, if there is one."""


class Post(Protocol):
    """The one HTTP call."""

    def __call__(self, call: Call, *, latest: float) -> CallResult:
        """Make it, unless it is later than `latest` (epoch seconds) when the request would leave."""


class Caller:
    """Makes the calls of one invocation and says what they prove; safe to use from many threads.

    A verdict that is about the account or the address opens a breaker at once. `token_test` is held while a token is
    put to the test, so that one thread asks for all.
    """

    def __init__(  # noqa: PLR0913 (the ports)
        self,
        post: Post,
        tokens: TokenSource,
        admission: Admission,
        breakers: Breakers,
        *,
        retry_server_errors: bool = True,
        token_test: AbstractContextManager[object] | None = None,
    ) -> None:
        self._post = post
        self._tokens = tokens
        self._admission = admission
        self._breakers = breakers
        self._retry_server_errors = retry_server_errors
        self._token_test = token_test or Lock()
        self._tested: dict[str, bool | None] = {}

    def call(self, message: Message, ready: Sequence[Submission], permit: Permit) -> list[Verdict]:
        """Send a message to claimed recipients; return a verdict for each."""
        try:
            verdicts = self._with_token(message, ready, permit)
        except Exception as error:  # noqa: BLE001 (a fault of ours after which nobody knows whether the call was made)
            told = {"requestId": message.request_id, "error": type(error).__name__}
            logger.error("call failed in our own code", extra=told)
            return [_FAULT] * len(ready)
        for verdict in verdicts:
            if verdict.kind in BY_KIND:
                self._breakers.trip(BY_KIND[verdict.kind], verdict.reason)
        if permit.probe is not None and _proves_address(verdicts[0]):
            self._close(permit.probe)
        return verdicts

    def _close(self, probed: OpenBreaker) -> None:
        try:
            if self._breakers.close(probed):
                logger.info("breaker closed", extra={"breaker": probed.breaker, "reason": probed.reason})
        except StoreUnavailableError as error:  # a later probe finds out again
            logger.warning("breaker not closed", extra={"breaker": probed.breaker, "error": str(error)})

    def _with_token(self, message: Message, ready: Sequence[Submission], permit: Permit) -> list[Verdict]:
        try:
            token = self._tokens.current(within=self._admission.seconds_for_a_token())
            verdicts = self._once(message, ready, permit, token)
            if verdicts[0].kind is Kind.UNAUTHORIZED:
                return self._once_more(message, ready, permit, token, verdicts)
        except TokenUnavailableError as error:
            logger.error("no token", extra={"detail": str(error)})
            return [_NO_TOKEN] * len(ready)
        except TimeoutError:
            self._admission.halt()  # a later invocation has the time
            return [_NOT_STARTED] * len(ready)
        return verdicts

    def _once_more(
        self, message: Message, ready: Sequence[Submission], permit: Permit, refused: str, first: list[Verdict]
    ) -> list[Verdict]:
        """Make the call once more, if there is another token."""
        if any(
            one.breaker is Breaker.AUTH for one in self._breakers.all_open()
        ):  # another call found that no token helps
            return first
        other = self._tokens.renewed(refused, within=self._admission.seconds_for_a_token())
        verdicts = self._once(message, ready, replace(permit, slot=None), other)  # its slot went with the first call
        if verdicts[0].kind is Kind.NOT_STARTED and other == refused:
            return first
        if other != refused and verdicts[0].kind is Kind.UNAUTHORIZED:
            # This token may have been in the secret already. So ask for a new one: the breaker that opens now would
            # else stay open until the schedule refreshes the token.
            with suppress(TimeoutError):
                self._tokens.renewed(other, within=self._admission.seconds_for_a_token())
        return verdicts

    def _once(self, message: Message, ready: Sequence[Submission], permit: Permit, token: str) -> list[Verdict]:
        lease_until = min(mine.lease_until or 0 for mine in ready)
        if not self._admission.to_call(message, permit, lease_until=lease_until):
            return [_NOT_STARTED] * len(ready)
        assert message.encoded is not None  # noqa: S101 (a refused message is never claimed)
        recipients = [mine.recipient for mine in ready]
        call = calls.send_sms(token, recipients, message.sender, message.encoded.charset, message.encoded.text)
        latest = self._admission.latest(message, lease_until) if self._admission.hours else lease_until
        result = self._post(call, latest=latest)
        verdicts = classify(result, len(recipients), retry_server_errors=self._retry_server_errors)
        return self._decided(verdicts, token, lease_until) if verdicts[0].kind is Kind.DOUBTFUL else verdicts

    def _decided(self, doubtful: list[Verdict], token: str, latest: float) -> list[Verdict]:
        """Decide whether a 400 was about the message or the token; without an answer it is tried again."""
        with self._token_test:
            if token not in self._tested and self._admission.may_ask():
                self._tested[token] = refuses_token(self._post(calls.balance(token), latest=latest))
            refused = self._tested.get(token)
        if refused is None:
            return doubtful
        if refused:
            return [replace(one, kind=Kind.UNAUTHORIZED, reason=Reason.UNAUTHORIZED) for one in doubtful]
        return [replace(one, kind=Kind.REFUSED) for one in doubtful]


def in_threads(send: Send, threads: Executor) -> Send:
    """Return a function that makes a call in one of `threads` and waits for it: no more calls are in flight than those.

    A thread that has its reply makes the next call at once. If a place were handed from one thread to another instead,
    it would be empty until that other thread is given the interpreter.
    """
    return lambda message, ready, permit: threads.submit(send, message, ready, permit).result()


def _proves_address(verdict: Verdict) -> bool:
    """Return True if RealTime's own *Send SMS* answered, with any result."""
    return verdict.http_status is not None and verdict.kind not in _PROVES_NOTHING
