"""The vendor's four operations and the state behind them, without a socket."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qs

from local.fake_realtime.account import Account
from local.fake_realtime.counters import Counters
from local.fake_realtime.exchange import Answer, Request, json_answer, refusal, results_answer, spoil
from local.fake_realtime.faults import Faults, Operation
from local.fake_realtime.inbound import Inbound
from local.fake_realtime.inbox import Inbox, Message
from local.fake_realtime.magic import Outcome
from local.fake_realtime.postman import Postman, post
from local.fake_realtime.report import Receipt, post_report
from local.fake_realtime.settings import Settings
from local.fake_realtime.submission import RefusedError, Submission, decode_body, named_recipients, read_submission


class NoAddressError(LookupError):
    """The account has no address for inbound SMS."""


class RealTime:
    """RealTime as its documents describe it: requests in, answers out; and the controls that tests need.

    Every public method may be called from any thread. `clock` gives seconds since the epoch.
    """

    def __init__(self, settings: Settings | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._lock = threading.RLock()
        self._clock = clock
        self._initial = settings or Settings()
        self._inbox = Inbox()
        self._postman = Postman()
        self.reset()

    # What a test or the console may do.

    def reset(self) -> None:
        """Go back to the settings of the start: phones empty, counts at 0, no fault in wait, first tokens valid."""
        with self._lock:
            self.settings = self._initial
            self.counters = Counters()
            self.faults = Faults()
            self._account = Account(self.settings, self._clock)
            self._inbox.clear()
            self._shuffle = random.Random(0)

    def change(self, **changes: object) -> Settings:
        """Change settings by name; pydantic's ValidationError for a name or value that will not do."""
        wanted = Settings.model_validate(changes)
        with self._lock:
            fields = {name: getattr(wanted, name) for name in wanted.model_fields_set}
            self.settings = self.settings.model_copy(update=fields)
            if "tokens" in fields:
                self._account.allow(wanted.tokens)
            if "balance" in fields:
                self._account.balance = wanted.balance
            return self.settings

    def inbox(self, recipient: str | None = None) -> tuple[Message, ...]:
        """Give the messages on one phone, or on all, in the order of their acceptance."""
        with self._lock:
            return self._inbox.messages(recipient)

    def inbox_after(self, submission_id: str) -> tuple[Message, ...] | None:
        """Give the messages accepted after one; None where that one is on no phone, as after a reset."""
        with self._lock:
            return self._inbox.after(submission_id)

    def revoke_tokens(self) -> None:
        """Let every token die; only authentication gives a new one."""
        with self._lock:
            self._account.revoke()

    def top_up(self, units: Decimal) -> Decimal:
        """Add units to the balance; give what there is then."""
        with self._lock:
            self._account.balance += units
            return self._account.balance

    @property
    def balance(self) -> Decimal:
        """The units left."""
        with self._lock:
            return self._account.balance

    def inject(self, name: str, calls: int = 1, operation: Operation = "sms") -> None:
        """Give the next calls of an operation an outcome by its name in the table of magic numbers, else KeyError."""
        with self._lock:
            self.faults.inject(name, calls, operation)

    def assign(self, recipient: str, name: str) -> None:
        """Make any number a magic one, by the name of an outcome in the table, else KeyError."""
        with self._lock:
            self.faults.assign(recipient, name)

    def deliver(
        self, callback_url: str, submission_ids: Iterable[str] | None = None, attempts: int = 1
    ) -> list[Receipt]:
        """Post a delivery report for these messages, or for all, to the customer's address, settled or not."""
        with self._lock:
            chosen = self._inbox.messages() if submission_ids is None else map(self._inbox.find, submission_ids)
            reports = [message.report() for message in chosen if message is not None]
        return [post_report(report, callback_url, attempts) for report in reports]

    def write_back(self, phone: str, originator: str, message: str) -> Inbound:
        """Let a phone answer: posted at once, and again later where the customer's address does not take it.

        Raises:
            NoAddressError: the account has no inbound address.

        """
        with self._lock:
            if self.settings.inbound_url is None:
                raise NoAddressError
            inbound = Inbound(self._inbox.next_id(), phone, originator, message, self._clock())
            self._inbox.put_inbound(inbound)
        if not self._post_inbound(inbound):
            self._postman.hand_over(partial(self._post_inbound, inbound), self.settings.post_again_seconds)
        return inbound

    def inbound(self) -> tuple[Inbound, ...]:
        """Give what phones answered, oldest first."""
        with self._lock:
            return self._inbox.inbound()

    def _post_inbound(self, inbound: Inbound) -> bool:
        """Post once; say whether that was all: it was taken, or there is no address any more, or no such message."""
        with self._lock:
            url = self.settings.inbound_url
            if url is None or not self._inbox.holds(inbound):
                return True
        status = post(url, inbound.body())
        with self._lock:
            inbound.statuses.append(status)
        return status == HTTPStatus.OK

    def _post_report(self, message: Message) -> bool:
        """Post once; say, as for an inbound SMS, whether that was all."""
        with self._lock:
            url = self.settings.reports_url
            if url is None or not self._inbox.holds(message):
                return True
        return post_report(message.report(), url, attempts=1).acknowledged

    # What the vendor's customer may do.

    def answer(self, request: Request) -> Answer:
        """Answer one request under `/api/`."""
        with self._lock:
            match request.path.split("/")[1:]:
                case ["api", "auth"]:
                    return self._only("POST", self._authenticate, request)
                case ["api", "sms"]:
                    return self._only("POST", self._send, request)
                case ["api", "sms", submission_id] if submission_id:
                    return self._only("GET", lambda asked: self._info(asked, submission_id), request)
                case ["api", "balance"]:
                    return self._only("GET", self._tell_balance, request)
                case _:
                    return refusal(HTTPStatus.NOT_FOUND, "no such operation")

    def _only(self, method: str, operation: Callable[[Request], Answer], request: Request) -> Answer:
        if request.method != method:
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, f"this operation needs {method}")
        try:
            return operation(request)
        except RefusedError as refused:
            return refusal(refused.status, refused.reason)

    def _authenticate(self, request: Request) -> Answer:
        self.counters.auths += 1
        settings = self.settings
        if request.media_type != "application/x-www-form-urlencoded":
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the content type is not application/x-www-form-urlencoded")
        form = parse_qs(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        wanted = ("grant_type", "client_id", "client_secret")
        grant, client_id, client_secret = ("".join(form.get(name, [])) for name in wanted)
        if grant != "client_credentials" or not client_id or not client_secret:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "grant_type, client_id or client_secret is missing or wrong")
        outcome = self.faults.next_for("auth")
        if (client_id, client_secret) != (settings.client_id, settings.client_secret):
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "the client credentials are not valid")
        if outcome is not None and not outcome.accepted:
            return spoil(json_answer({}), outcome, settings)
        token = self._account.issue(settings.validity_seconds, alone=settings.one_token_at_a_time)
        reply = json_answer({"access_token": token, "validity_period": str(settings.validity_seconds)})
        return reply if outcome is None else spoil(reply, outcome, settings)

    def _send(self, request: Request) -> Answer:
        call = decode_body(request.body)
        self.counters.posts_by_recipient.update(named_recipients(call))
        self._admit(request)
        submission = read_submission(call, self.settings)
        outcomes = self.faults.choose(submission.recipients)
        pairs = zip(submission.recipients, outcomes, strict=True)
        results = [self._settle(recipient, submission, outcome) for recipient, outcome in pairs]
        return results_answer(self._ordered(results), self._inbox.next_id(), outcomes[0], self.settings)

    def _settle(self, recipient: str, submission: Submission, outcome: Outcome) -> dict[str, str]:
        submission_id = self._inbox.next_id()
        if outcome.accepted:
            if not self._account.charge(submission.segments):
                return {"status": "account_no_balance"}
            self._accept(submission_id, recipient, submission, outcome)
        result = {"status": outcome.word}
        return result | {"submissionId": submission_id} if outcome.word == "submitted" else result

    def _accept(self, submission_id: str, recipient: str, submission: Submission, outcome: Outcome) -> None:
        now, settings = self._clock(), self.settings
        settled = now + settings.delivery_seconds
        message = Message(submission_id, recipient, submission, now, settled, outcome.delivery)
        self._inbox.put(message)
        if settings.reports_url is not None:
            waits = (settings.delivery_seconds, *settings.post_again_seconds)
            self._postman.hand_over(partial(self._post_report, message), waits)

    def _ordered(self, results: list[dict[str, str]]) -> list[dict[str, str]]:
        match self.settings.order:
            case "reversed":
                results.reverse()
            case "shuffled":
                self._shuffle.shuffle(results)
        return results

    def _info(self, request: Request, submission_id: str) -> Answer:
        self.counters.infos += 1
        self._admit(request)
        message = self._inbox.find(submission_id)
        if message is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, "no such submission")
        return self._perhaps_spoilt(json_answer(message.info(self._clock())), "info")

    def _tell_balance(self, request: Request) -> Answer:
        self.counters.balances += 1
        self._admit(request)
        return self._perhaps_spoilt(json_answer({"balance": f"{self._account.balance:.2f}"}), "balance")

    def _perhaps_spoilt(self, answer: Answer, operation: Operation) -> Answer:
        outcome = self.faults.next_for(operation)
        return answer if outcome is None else spoil(answer, outcome, self.settings)

    def _admit(self, request: Request) -> None:
        # The vendor's error page has 400 for a token in the wrong format; its Send page, the later one, has 401.
        if not self._account.authorizes(request.headers.get("authorization")):
            raise RefusedError(HTTPStatus.UNAUTHORIZED, "no valid token after Bearer and one space")
        if request.media_type != "application/json":
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the content type is not application/json")
