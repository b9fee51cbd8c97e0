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
from realtime_sms.provider.calls import Call, Exchange
from realtime_sms.provider.verdict import Fate, Proof, Reason, judge
from realtime_sms.requests.recipients import mask
from send.ports import Unit

_NO_TOKEN = Fate(Proof.UNAUTHORIZED, Reason.UNAUTHORIZED)


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
        exchange: Callable[[Call], Exchange],
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

    def submit(self, unit: Unit) -> list[Fate] | None:
        """Give a fate for each draft of the unit; None where no call was made."""
        fates = self._with_token(unit)
        opened = {BY_PROOF[fate.proof] for fate in fates or () if fate.proof in BY_PROOF}
        if Breaker.AUTH in opened:
            self._no_token_helps.set()
        if opened:
            self._halted.set()
        return fates

    def _with_token(self, unit: Unit) -> list[Fate] | None:
        try:
            token = self._tokens.current()
            fates = self._call(unit, token)
            if _unauthorized(fates):
                return self._once_more(unit, token, fates)
        except TokenUnavailableError as error:
            logger.error("no token", extra={"detail": str(error)})
            return [_NO_TOKEN] * len(unit.drafts)
        return fates

    def _once_more(self, unit: Unit, refused: str, first: list[Fate] | None) -> list[Fate] | None:
        """Give what came of a call with another token; None where it is left to a later invocation."""
        if not self._may_renew():
            self._halted.set()
            return None
        other = self._tokens.renewed(refused)
        fates = self._call(replace(unit, turn=None), other)  # its turn went with the first call
        if fates is None and (other == refused or self._no_token_helps.is_set()):
            return first  # of another one that nobody has tried nothing is known
        if other != refused and _unauthorized(fates) and self._may_renew():
            # The other one may only have been read, not made: without a new one the breaker that this opens would stay
            # open until the schedule takes the dead token for old.
            self._tokens.renewed(other)
        return fates

    def _call(self, unit: Unit, token: str) -> list[Fate] | None:
        if not self._may_start(unit) or self._halted.is_set():
            return None
        draft = unit.drafts[0]
        assert draft.encoded is not None  # noqa: S101 (a refused draft is never claimed)
        recipients = [draft.recipient for draft in unit.drafts]
        call = calls.send_sms(token, recipients, draft.sender, draft.encoded.charset, draft.encoded.text)
        with traces.call("RealTime") as told:
            fates = judge(self._exchange(call), len(recipients))
            told.http_status, told.fault = fates[0].http_status, fates[0].http_status is None
            told.annotations = {
                "request_id": draft.request_id,
                "recipient": mask(draft.recipient),
                "recipients": len(recipients),
                "proof": fates[0].proof,
                "reason": fates[0].reason,
            }
        return fates


def _unauthorized(fates: list[Fate] | None) -> bool:
    return fates is not None and fates[0].proof is Proof.UNAUTHORIZED
