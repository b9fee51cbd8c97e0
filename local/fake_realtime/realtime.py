"""RealTime's four operations and the state behind them, without a socket."""

import random
import secrets
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from itertools import takewhile
from math import inf
from typing import Annotated
from urllib.parse import parse_qs

from pydantic import Field

from local.fake_realtime.answers import Answer, Request, json_answer, send_answer, spoilt
from local.fake_realtime.callbacks import POST_AGAIN_SECONDS, Inbound, Postman, Receipt, post
from local.fake_realtime.magic import Faults, Operation, Outcome
from local.fake_realtime.message import Message, RefusedError, Submission, read_submission
from local.fake_realtime.settings import Address, Counters, Settings


class NoAddressError(LookupError):
    """The account has no address for inbound SMS."""


class RealTime:
    """RealTime as its documents describe it, and the controls that tests need.

    Every public method may be called from any thread. `clock` returns epoch seconds. Methods that take the name of an
    outcome raise KeyError if the table of magic numbers has no such name. The control API checks the arguments by
    their annotations.
    """

    def __init__(self, settings: Settings | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._lock = threading.RLock()
        self._clock = clock
        self._initial = settings or Settings()
        # Ids have 16 digits, as in RealTime's own example; a restart does not repeat them.
        self._last_id = time.time_ns() // 1000
        self._postman = Postman()
        self.reset()

    # The controls, for tests and the console.

    def reset(self) -> None:
        """Return to the initial settings and tokens; empty the phones, the counters and the injected outcomes."""
        with self._lock:
            self.settings = self._initial
            self.counters = Counters()
            self._faults = Faults()
            self._token_ends = dict.fromkeys(self.settings.tokens, inf)
            self.balance = self.settings.balance
            self._messages: dict[str, Message] = {}
            self._inbound: dict[str, Inbound] = {}
            self._shuffle = random.Random(0)

    def change(self, **changes: object) -> Settings:
        """Change settings by name; raise pydantic's ValidationError for a bad name or value."""
        wanted = Settings.model_validate(changes)
        with self._lock:
            fields = {name: getattr(wanted, name) for name in wanted.model_fields_set}
            self.settings = self.settings.model_copy(update=fields)
            if "tokens" in fields:
                self._token_ends |= dict.fromkeys(wanted.tokens, inf)
            if "balance" in fields:
                self.balance = wanted.balance
            return self.settings

    def inbox(self, recipient: str | None = None) -> tuple[Message, ...]:
        """Return the messages on one phone, or on all, in the order of their acceptance."""
        with self._lock:
            return tuple(message for message in self._messages.values() if recipient in {None, message.recipient})

    def inbox_after(self, submission_id: str) -> tuple[Message, ...] | None:
        """Return the messages accepted after one; None if that one is on no phone, as after a reset."""
        with self._lock:
            if submission_id not in self._messages:
                return None
            newest_first = takewhile(lambda one: one.submission_id != submission_id, reversed(self._messages.values()))
            return tuple(newest_first)[::-1]

    def inbound(self) -> tuple[Inbound, ...]:
        with self._lock:
            return tuple(self._inbound.values())

    def revoke_tokens(self) -> None:
        with self._lock:
            self._token_ends.clear()

    def top_up(self, units: Annotated[Decimal, Field(gt=0, decimal_places=2)]) -> Decimal:
        """Add units to the balance; return the new balance."""
        with self._lock:
            self.balance += units
            return self.balance

    def inject(self, outcome: str, calls: Annotated[int, Field(ge=1)] = 1, operation: Operation = "sms") -> None:
        with self._lock:
            self._faults.inject(outcome, calls, operation)

    def assign(self, recipient: str, outcome: str) -> None:
        with self._lock:
            self._faults.assign(recipient, outcome)

    def deliver(
        self,
        callback_url: Address,
        submission_ids: list[str] | None = None,
        attempts: Annotated[int, Field(ge=1, le=1 + len(POST_AGAIN_SECONDS))] = 1,
    ) -> list[Receipt]:
        """Post a delivery report for these messages, or for all, even if their status is not final yet."""
        with self._lock:
            wanted = self._messages if submission_ids is None else submission_ids
            chosen = [self._messages[one] for one in wanted if one in self._messages]
        return [_deliver(message, callback_url, attempts) for message in chosen]

    def write_back(
        self,
        phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")],
        originator: Annotated[str, Field(pattern=r"^[0-9]{1,15}$")],
        message: Annotated[str, Field(min_length=1, max_length=2_000)],
    ) -> Inbound:
        """Post an answer of a phone, now and again until it is taken; raise NoAddressError if there is no address."""
        with self._lock:
            if self.settings.inbound_url is None:
                raise NoAddressError
            inbound = Inbound(self._next_id(), phone, originator, message, self._clock())
            self._inbound[inbound.id] = inbound
        if not self._post_inbound(inbound):
            self._postman.hand_over(partial(self._post_inbound, inbound), self.settings.post_again_seconds)
        return inbound

    def _post_inbound(self, inbound: Inbound) -> bool:
        """Post once; return True if nothing is left to do: it was taken, or address or message are gone."""
        url = self.settings.inbound_url
        if url is None or inbound.id not in self._inbound:
            return True
        inbound.statuses.append(post(url, inbound.body()))
        return inbound.statuses[-1] == HTTPStatus.OK

    def _post_report(self, message: Message) -> bool:
        """Post once; return True, as for an inbound SMS, if nothing is left to do."""
        url = self.settings.reports_url
        if url is None or message.submission_id not in self._messages:
            return True
        return post(url, message.report()) == HTTPStatus.OK

    # The operations, for RealTime's customers.

    def answer(self, request: Request) -> Answer:
        """Return the answer to one request under `/api/`.

        An error has an empty body; the simulator's own header gives the reason.
        """
        with self._lock:
            try:
                return self._operation(request)
            except RefusedError as refused:
                return Answer(refused.status, headers={"X-Simulator-Reason": refused.reason})

    def _operation(self, request: Request) -> Answer:
        match request.path.split("/")[1:]:
            case ["api", "auth"]:
                method, operation = "POST", self._authenticate
            case ["api", "sms"]:
                method, operation = "POST", self._send
            case ["api", "sms", submission_id] if submission_id:
                method, operation = "GET", partial(self._info, submission_id)
            case ["api", "balance"]:
                method, operation = "GET", self._tell_balance
            case _:
                raise RefusedError(HTTPStatus.NOT_FOUND, "no such operation")
        if request.method != method:
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, f"this operation needs {method}")
        return operation(request)

    def _authenticate(self, request: Request) -> Answer:
        self.counters.auths += 1
        settings = self.settings
        if request.media_type != "application/x-www-form-urlencoded":
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the content type is not application/x-www-form-urlencoded")
        form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        wanted = ("grant_type", "client_id", "client_secret")
        grant, *credentials = ("".join(form.get(name, [])) for name in wanted)
        if grant != "client_credentials" or not all(credentials):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "grant_type, client_id or client_secret is missing or wrong")
        outcome = self._faults.next_for("auth")
        if credentials != [settings.client_id, settings.client_secret]:
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "the client credentials are not valid")
        if outcome is not None and not outcome.accepted:
            return spoilt(json_answer({}), outcome, settings)
        if settings.one_token_at_a_time:
            self._token_ends.clear()
        token = secrets.token_urlsafe(48)
        self._token_ends[token] = self._clock() + settings.validity_seconds
        reply = json_answer({"access_token": token, "validity_period": str(settings.validity_seconds)})
        return spoilt(reply, outcome, settings)

    def _send(self, request: Request) -> Answer:
        call = read_submission(request.body)
        if isinstance(call, Submission):
            self.counters.posts_by_recipient.update(call.recipients)
        self._admit(request)
        if isinstance(call, RefusedError):
            raise call
        call.check(self.settings)
        outcomes = self._faults.choose(call.recipients)
        results = [self._result(*pair, call) for pair in zip(call.recipients, outcomes, strict=True)]
        if self.settings.order == "reversed":
            results.reverse()
        elif self.settings.order == "shuffled":
            self._shuffle.shuffle(results)
        return send_answer(results, self._next_id(), outcomes[0], self.settings)

    def _result(self, recipient: str, outcome: Outcome, submission: Submission) -> dict[str, str]:
        submission_id = self._next_id()
        if outcome.accepted:
            cost = self.settings.price_to(recipient) * submission.segments
            if self.balance < cost:
                return {"status": "account_no_balance"}
            self.balance -= cost
            self._accept(submission_id, recipient, submission, outcome, cost)
        result = {"status": outcome.word}
        return result | {"submissionId": submission_id} if outcome.word == "submitted" else result

    def _accept(
        self, submission_id: str, recipient: str, submission: Submission, outcome: Outcome, cost: Decimal
    ) -> None:
        now, settings = self._clock(), self.settings
        delivered_at = now + settings.delivery_seconds
        message = Message(submission_id, recipient, submission, now, delivered_at, outcome.delivery, cost)
        self._messages[submission_id] = message
        if settings.reports_url is not None:
            waits = (settings.delivery_seconds, *settings.post_again_seconds)
            self._postman.hand_over(partial(self._post_report, message), waits)

    def _info(self, submission_id: str, request: Request) -> Answer:
        self.counters.infos += 1
        self._admit(request)
        message = self._messages.get(submission_id)
        if message is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "no such submission")
        return spoilt(json_answer(message.info(self._clock())), self._faults.next_for("info"), self.settings)

    def _tell_balance(self, request: Request) -> Answer:
        self.counters.balances += 1
        self._admit(request)
        reply = json_answer({"balance": f"{self.balance:.2f}"})
        return spoilt(reply, self._faults.next_for("balance"), self.settings)

    def _admit(self, request: Request) -> None:
        # RealTime's error page has 400 for a token in the wrong format; its Send page, the later one, has 401.
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self._token_ends.get(token, -inf) <= self._clock():
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "no valid token after Bearer and one space")
        if request.media_type != "application/json":
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the content type is not application/json")

    def _next_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)


def _deliver(message: Message, url: str, attempts: int) -> Receipt:
    """Post a report until it is answered with 200, at most `attempts` times, without waiting between."""
    tries = range(1, attempts + 1)
    taken = next((attempt for attempt in tries if post(url, message.report()) == HTTPStatus.OK), None)
    return Receipt(message.submission_id, acknowledged=taken is not None, attempts=taken or attempts)
