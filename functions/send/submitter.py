"""One call to RealTime for one unit: with the current token, and once more with another where that one is refused."""

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Protocol

from realtime_sms.aws.breakers import BY_PROOF, Breaker
from realtime_sms.aws.logging import logger
from realtime_sms.aws.token import TokenUnavailableError
from realtime_sms.aws.traces import traces
from realtime_sms.provider import calls
from realtime_sms.provider.calls import Call, CallResult
from realtime_sms.provider.verdict import Kind, Verdict, classify
from realtime_sms.requests.recipients import mask
from realtime_sms.vocabulary import Reason
from send.ports import Unit

_NO_TOKEN = Verdict(Kind.UNAUTHORIZED, Reason.UNAUTHORIZED)


class TokenSource(Protocol):
    """Where tokens come from."""

    def current(self) -> str:
        """Give the token to use."""

    def renewed(self, refused: str) -> str:
        """Give another one, if there is one."""


class Submitter:
    """Makes the call of a unit and judges what came of it; `may_start` is asked right before each call, and may wait.

    `may_renew` says whether there is time for a new token. Once a call was refused for want of balance or
    authorisation, or of that time, no further one is started.
    """

    def __init__(
        self,
        exchange: Callable[[Call], CallResult],
        tokens: TokenSource,
        *,
        may_start: Callable[[Unit], bool],
        may_renew: Callable[[], bool] = lambda: True,
    ) -> None:
        self._exchange = exchange
        self._tokens = tokens
        self._may_start = may_start
        self._may_renew = may_renew
        self._halted = Event()
        self._no_token_helps = Event()

    def submit(self, unit: Unit) -> list[Verdict] | None:
        """Give a fate for each draft of the unit; None where no call was made."""
        verdicts = self._with_token(unit)
        opened = {BY_PROOF[verdict.kind] for verdict in verdicts or () if verdict.kind in BY_PROOF}
        if Breaker.AUTH in opened:
            self._no_token_helps.set()
        if opened:
            self._halted.set()
        return verdicts

    def _with_token(self, unit: Unit) -> list[Verdict] | None:
        try:
            token = self._tokens.current()
            verdicts = self._call(unit, token)
            if _unauthorized(verdicts):
                return self._once_more(unit, token, verdicts)
        except TokenUnavailableError as error:
            logger.error("no token", extra={"detail": str(error)})
            return [_NO_TOKEN] * len(unit.drafts)
        return verdicts

    def _once_more(self, unit: Unit, refused: str, first: list[Verdict] | None) -> list[Verdict] | None:
        """Give what came of a call with another token; None where it is left to a later invocation."""
        if not self._may_renew():
            self._halted.set()
            return None
        other = self._tokens.renewed(refused)
        verdicts = self._call(replace(unit, turn=None), other)  # its turn went with the first call
        if verdicts is None and (other == refused or self._no_token_helps.is_set()):
            return first  # of another one that nobody has tried nothing is known
        if other != refused and _unauthorized(verdicts) and self._may_renew():
            # The other one may only have been read, not made: without a new one the breaker that this opens would stay
            # open until the schedule takes the dead token for old.
            self._tokens.renewed(other)
        return verdicts

    def _call(self, unit: Unit, token: str) -> list[Verdict] | None:
        if not self._may_start(unit) or self._halted.is_set():
            return None
        draft = unit.drafts[0]
        assert draft.encoded is not None  # noqa: S101 (a refused draft is never claimed)
        recipients = [draft.recipient for draft in unit.drafts]
        call = calls.send_sms(token, recipients, draft.sender, draft.encoded.charset, draft.encoded.text)
        with traces.call("RealTime") as told:
            verdicts = classify(self._exchange(call), len(recipients))
            told.http_status, told.fault = verdicts[0].http_status, verdicts[0].http_status is None
            told.annotations = {
                "request_id": draft.request_id,
                "recipient": mask(draft.recipient),
                "recipients": len(recipients),
                "proof": verdicts[0].kind,
                "reason": verdicts[0].reason,
            }
        return verdicts


def _unauthorized(verdicts: list[Verdict] | None) -> bool:
    return verdicts is not None and verdicts[0].kind is Kind.UNAUTHORIZED
