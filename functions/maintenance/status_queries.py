"""Asking RealTime what became of a message: a bounded number of times a run, and never while a breaker is open."""

import time
from collections.abc import Callable
from http import HTTPStatus

from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.logging import logger
from realtime_sms.aws.token import TokenUnavailableError
from realtime_sms.provider import calls
from realtime_sms.provider.calls import Call, CallResult, Reply
from realtime_sms.provider.reports import Info, read_info

_BUDGET = 15.0  # seconds of a run for all questions; another call's deadline of up to 30 may follow

_ANSWERS = frozenset({HTTPStatus.OK, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})  # the rest is about all questions


class StatusQueries:
    """The questions of one run, up to `most`."""

    def __init__(
        self, exchange: Callable[[Call], CallResult], token: Callable[[], str], breakers: Breakers, *, most: int
    ) -> None:
        self._exchange = exchange
        self._token = token
        self._breakers = breakers
        self._left = most
        self._ends = time.monotonic() + _BUDGET
        self._known_token = ""

    @property
    def left(self) -> int:
        """Give how many questions may still be asked."""
        over = time.monotonic() >= self._ends or self._breakers.open() is not None
        return 0 if over else self._left

    def ask(self, submission_id: str) -> Info | None:
        """Ask *Get SMS info*; None where no answer is to be had now, from which on nothing is asked.

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
        reply = self._exchange(calls.sms_info(self._known_token, submission_id))
        if isinstance(reply, Reply) and reply.status in _ANSWERS:
            return read_info(reply) or Info()
        self._left = 0
        return None
