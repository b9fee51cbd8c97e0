"""What the functions are surrounded by, and one run of each."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from math import inf
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.fake_realtime import Simulator
from local.model_checker.table import Value, fields, frozen
from maintenance.handler import Maintenance
from maintenance.settings import MaintenanceSettings
from realtime_sms.aws import clients
from realtime_sms.aws.breakers import Breaker, Breakers
from realtime_sms.aws.lock import Lock
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import BREAKERS, StoreUnavailableError, Table, seconds
from realtime_sms.outcomes.submission import Submission, iso
from realtime_sms.provider.client import RealTimeClient
from realtime_sms.vocabulary import Reason, Status
from refresh.refresher import Refresher
from send.handler import Sender
from send.settings import SendSettings
from tests.fakes.aws.account import FakeAws
from tests.fakes.aws.server import AwsServer
from tests.fakes.aws.sqs import DEAD_LETTERS, PROMOTIONAL_QUEUE, SEND_QUEUE
from tests.fakes.lambda_context import Context

TABLE, TOKEN_ARN, CREDENTIALS_ARN = "outcomes", "token", "credentials"
TOKEN, CLIENT, SECRET = "faults-token", "faults-client", "faults-secret"
PAST = "2020-01-01T00:00:00.000Z"
FINAL = {"submitted", "failed", "unknown", "expired"}

_numbers = count(10)  # below it, a recipient may have a number that means a reply to the simulator


_MINUTE = Context()


@dataclass(frozen=True)
class World:
    """What the functions are surrounded by."""

    realtime: Simulator
    server: AwsServer
    waiting: list[ThreadPoolExecutor] = field(default_factory=list)  # for tokens that may come after all

    def join(self) -> None:
        """Wait for what still waits for a token."""
        while self.waiting:
            self.waiting.pop().shutdown()

    @property
    def aws(self) -> FakeAws:
        """Return what there is of AWS."""
        return self.server.aws

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Return what all functions read from their environment."""
        return {
            "OUTCOMES_TABLE_NAME": TABLE,
            "OUTCOME_TTL_DAYS": 45,
            "REALTIME_BASE_URL": self.realtime.url,
            "TOKEN_SECRET_ARN": TOKEN_ARN,
            "FORGET_KEY_SECRET_ARN": "forget",
            "REFRESH_FUNCTION_NAME": "refresh",
            "CALL_TIMEOUT_SECONDS": 10,
            "TRANSACTIONAL_MAPPING": "00000000-0000-4000-8000-000000000001",
            "PROMOTIONAL_MAPPING": "00000000-0000-4000-8000-000000000002",
            "DEFAULT_REGION": "CL",
            "DEFAULT_SENDER": "96000",
            "PLAIN_TEXT_PREFIXES": "+56",
            "ALLOWED_PREFIXES": "+56",
            "MAX_ATTEMPTS": 12,
            "REPORTS_ASKED_PER_MINUTE": 0,
            "COST_ASKED_PER_MINUTE": 0,
            "SEND_QUEUE_URL": SEND_QUEUE,
            "PROMOTIONAL_QUEUE_URL": PROMOTIONAL_QUEUE,
            "DEAD_LETTER_QUEUE_URL": DEAD_LETTERS,
            "RECIPIENTS_PER_CALL": 1,
            "CALLS_IN_FLIGHT": 4,
            "MAX_PER_SECOND": 0,
        }

    @property
    def table(self) -> Table:
        """Return the table, by a client of its own."""
        return Table(clients.dynamodb(), TABLE, ttl_days=45)

    def send(self, messages: "Iterable[Message]") -> list[str]:
        """Deliver messages."""
        return self.deliver([message.record for message in messages])

    def deliver(
        self, records: Sequence[dict[str, Any]], left: Context = _MINUTE, *, call_timeout: float = 10
    ) -> list[str]:
        """Run the send function in a new environment; return the ids of the messages that the queue must keep."""
        sender = Sender(SendSettings.model_validate(self.settings | {"CALL_TIMEOUT_SECONDS": call_timeout}))
        kept = sender.send(records, left)
        sender._pool.shutdown()
        sender._readers.shutdown()
        self.waiting.append(sender._tokens._pool)
        sender._client.close()
        return kept

    def maintain(self) -> dict[str, Any]:
        """Run the maintenance function."""
        maintenance = Maintenance(MaintenanceSettings.model_validate(self.settings))
        try:
            return maintenance.run()
        finally:
            maintenance._client.close()

    def refresh(self, payload: bytes) -> bytes:
        """Run the refresh function."""
        client = RealTimeClient(self.realtime.url, deadline=10)
        lock = Lock(self.table, "refresh")
        refresher = Refresher(clients.secrets(), TOKEN_ARN, CREDENTIALS_ARN, client.perform, lock, patience=0.1)
        try:
            return json.dumps({"outcome": refresher.refresh(json.loads(payload).get("refused"))}).encode()
        finally:
            client.close()

    def invoke(self, payload: bytes) -> bytes:
        """Run it as Lambda does, which answers also where the function fails."""
        try:
            return self.refresh(payload)
        except (ClientError, BotoCoreError, StoreUnavailableError) as error:
            return json.dumps({"errorType": type(error).__name__}).encode()

    def items(self, message: "Message") -> dict[str, dict[str, Any]]:
        """Return what the table has under a message's id."""
        return {key[1]: fields(item) for key, item in self.aws.items.items() if key[0] == message.request_id}

    def is_over(self, message: "Message") -> bool:
        """Say whether every recipient has its end, or the message is noted as rejected and in the dead-letter queue."""
        items = self.items(message)
        if "#rejected" in items:
            return any(letter["Body"] == message.record["body"] for letter in self.aws.letters.values())
        return all(number in items and items[number]["status"] in FINAL for number in message.numbers)

    def let_time_pass(self, message: "Message") -> None:
        """Let what waits be due, leases be over, and the refresh's lock be free; and close the breakers."""
        self.forget()
        for key in [key for key in self.aws.items if key[0] == message.request_id]:
            past = {name: ("S", PAST) for name in ("dueAt", "leaseUntil") if name in fields(self.aws.items[key])}
            self.aws.items[key] = tuple(sorted((dict(self.aws.items[key]) | past).items()))

    def begin(self, token: str) -> None:
        """Begin anew, with this token in its secret; RealTime takes but one."""
        self.forget()
        self.aws.letters.clear()
        self.realtime.change(tokens=frozenset({TOKEN}))
        self.aws.secrets[TOKEN_ARN] = json.dumps({"access_token": token})
        self.aws.secrets[CREDENTIALS_ARN] = json.dumps({"client_id": CLIENT, "client_secret": SECRET})

    def forget(self) -> None:
        """Let the lock be nobody's and the breakers be closed, with no memory of their having been open."""
        self.aws.items = {key: item for key, item in self.aws.items.items() if not key[0].startswith("#")}

    def open_breaker(self, breaker: Breaker) -> None:
        """Open one."""
        Breakers(self.table).trip(breaker, Reason.NO_BALANCE)

    def open_breakers(self) -> list[str]:
        """Return the names of the open breakers."""
        return [key[1] for key, item in self.aws.items.items() if key[0] == BREAKERS and "since" in fields(item)]

    def leave_behind(self, message: "Message") -> None:
        """Put its submissions into the table, claimed by somebody who is gone."""
        for number in message.numbers:
            mine = Submission(
                request_id=message.request_id,
                recipient=number,
                content_hash="hash",
                status=Status.SENDING,
                attempt=1,
                owner="gone",
                lease_until=time.time() - 1,
                created_at=time.time() - 70,
                updated_at=time.time() - 70,
            )
            self.aws.items[message.request_id, number] = frozen(Submissions(self.table).item(mine))

    @property
    def token(self) -> str:
        """Return the token in the secret."""
        return str(json.loads(self.aws.secrets[TOKEN_ARN])["access_token"])

    def posts(self, number: str) -> int:
        """Count the calls of *Send SMS* that named a number."""
        return self.realtime.counters.posts_by_recipient[number]

    def age(self, days: int) -> None:
        """Let days go by: all that the table has is so much older, and what TTL would delete is gone."""
        for key, item in list(self.aws.items.items()):
            aged = tuple((name, _aged(name, value, days * 86400)) for name, value in item)
            self.aws.items[key] = aged
            if float(fields(aged).get("ttl", inf)) < time.time():
                del self.aws.items[key]

    def shown(self, number: str) -> int:
        """Count the messages on a handset."""
        return len(self.realtime.inbox(number))


class Message:
    """A message on the send queue: a request under an id and to numbers that no other has, or no request at all."""

    def __init__(self, recipients: int, *, received: int = 1, **more: object) -> None:
        self.number = next(_numbers)
        self.request_id = f"faults-{self.number}"
        self.numbers = [f"+569{self.number:05}{one:03}" for one in range(recipients)]
        self.received = received
        self.more = more  # fields of the request

    @property
    def record(self) -> dict[str, Any]:
        """Write it as the event source mapping does."""
        request = {"requestId": self.request_id, "recipients": self.numbers, "message": {"text": "hello"}, **self.more}
        return {
            "messageId": self.request_id,
            "receiptHandle": self.request_id,
            "body": json.dumps(request if self.numbers else {"requestId": self.request_id}),
            "attributes": {"ApproximateReceiveCount": str(self.received)},
        }


def _aged(name: str, value: Value, by: float) -> Value:
    if name == "ttl":
        return "N", str(int(float(str(value[1])) - by))
    return ("S", iso(seconds(str(value[1])) - by)) if name.endswith(("At", "Until")) else value


type Story = Callable[[World], Sequence[Message]]
