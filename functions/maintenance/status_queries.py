"""Ask RealTime about messages: a limited number of times in a run, and never while a breaker is open."""

import time
from collections.abc import Callable
from http import HTTPStatus

from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.telemetry import logger
from realtime_sms.aws.tokens import TokenUnavailableError
from realtime_sms.outcomes.submission import ASK_AFTER, Submission
from realtime_sms.provider import calls
from realtime_sms.provider.calls import Call, CallResult, Reply
from realtime_sms.provider.reports import Info, read_info
from realtime_sms.provider.verdict import refuses_token

_BUDGET = 15.0  # seconds of a run for all queries; one more call of up to 30 may follow

_ANSWERS = frozenset({HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})  # others concern all queries


class StatusQueries:
    """The status queries of one run, up to `most`."""

    def __init__(
        self, perform: Callable[[Call], CallResult], token: Callable[[], str], breakers: Breakers, *, most: int
    ) -> None:
        self._perform = perform
        self._token = token
        self._breakers = breakers
        self._left = most
        self._ends = time.monotonic() + _BUDGET
        self._known_token = ""
        self._token_is_refused: bool | None = None  # asked after a 400, which may be about the token's format

    @property
    def left(self) -> int:
        """Return how many queries may still be made."""
        over = time.monotonic() >= self._ends or self._breakers.open() is not None
        return 0 if over else self._left

    def ask(self, submission_id: str) -> Info | None:
        """Ask *Get SMS info*; return None if there is no answer now, after which nothing more is asked.

        What RealTime does not know, cannot read, or says in a way that cannot be read, is an answer that tells nothing.
        Without a token nothing is asked, and what needs no question goes on.
        """
        if self.left <= 0:
            return None
        try:
            self._known_token = self._known_token or self._token()
        except TokenUnavailableError as error:
            logger.error("no token", extra={"detail": str(error)})
            self._left = 0
            return None
        self._left -= 1
        reply = self._perform(calls.sms_info(self._known_token, submission_id))
        if isinstance(reply, Reply) and reply.status in _ANSWERS and not self._is_about_the_token(reply):
            return read_info(reply) or Info()
        self._left = 0
        return None

    def _is_about_the_token(self, reply: Reply) -> bool:
        """Return True for a 400 if *Get balance* refuses the token as well."""
        if reply.status != HTTPStatus.BAD_REQUEST:
            return False
        if self._token_is_refused is None and time.monotonic() < self._ends:
            self._token_is_refused = refuses_token(self._perform(calls.balance(self._known_token)))
        return self._token_is_refused is True


def ask_overdue(deliveries: Deliveries, submissions: Submissions, queries: StatusQueries, now: float) -> int:
    """Ask about submissions whose report is overdue, as long as queries are left; return how many answers came.

    The time until the next query grows with each one; after the last, RealTime is not asked again.
    """
    answers = 0
    most = queries.left
    keys = deliveries.to_ask(now, most) if most else []
    held = submissions.read_known(keys)
    for found in (held[key] for key in keys if key in held):
        if found.ask_at is None or found.ask_at > now or found.submission_id is None:
            continue  # reported since the index was written
        info = queries.ask(found.submission_id)
        if info is None:
            break
        answers += 1
        _keep(found, found.submission_id, info, deliveries, now)
    return answers


def ask_cost(deliveries: Deliveries, submissions: Submissions, queries: StatusQueries, now: float) -> int:
    """Ask once about cost and times of each message, as long as queries are left; return how many answers came."""
    answers = 0
    most = queries.left
    keys = deliveries.to_price(now, most) if most else []
    held = submissions.read_known(keys)
    for key, found in ((key, held[key]) for key in keys if key in held):
        info = queries.ask(found.submission_id) if found.submission_id else Info()
        if info is None:
            break
        answers += 1
        deliveries.record_cost(key, info)
    return answers


def _keep(found: Submission, submission_id: str, info: Info, deliveries: Deliveries, now: float) -> None:
    """Store the answer; the delivery is written last, so that after a crash in between RealTime is asked once more."""
    asks = (found.asks or 0) + 1
    ask_at = now + ASK_AFTER[asks] if asks < len(ASK_AFTER) else None
    key = (found.request_id, found.recipient)
    deliveries.record_answer(key, info, asked_at=found.ask_at or 0, asks=asks, ask_at=ask_at)
    if info.update is not None:
        deliveries.record(key, submission_id, info.update, now)
