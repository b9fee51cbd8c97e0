"""The callbacks function on a real table, with a secret in memory."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from callbacks.keys import CallbackKeys
from callbacks.keywords import Keywords
from callbacks.receive import Ports, receive
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.event_bus import EventBus
from realtime_sms.aws.forgotten import Hashes
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.table import Table
from realtime_sms.aws.unmatched_reports import UnmatchedReports
from realtime_sms.vocabulary import OptOutScope
from tests.conftest import Store
from tests.fakes.aws.models import Checked
from tests.fakes.aws.secretsmanager import SecretsClient
from tests.fakes.submissions import NOW

KEY, OLD_KEY = "k" * 43, "o" * 43
BUS = "a-bus"
WORDS = Keywords.of(("STOP", "BAJA"), ("ALTA",))


@dataclass
class Bridge:
    """A bus that takes events unless it is down."""

    down: bool = False
    taken: list[Mapping[str, Any]] = field(default_factory=list)

    def put_events(self, *, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: N803 (as boto3 calls it)
        """Take entries, or refuse each."""
        if self.down:
            return {"FailedEntryCount": len(Entries), "Entries": [{"ErrorCode": "InternalFailure"} for _ in Entries]}
        self.taken += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}

    @property
    def details(self) -> list[dict[str, Any]]:
        """Return the details of the events."""
        return [json.loads(entry["Detail"]) for entry in self.taken]


@dataclass
class Callbacks:
    """The callbacks function, called as API Gateway calls it."""

    store: Store
    now: float = NOW
    ticks: float = 0
    secrets: SecretsClient = field(default_factory=lambda: SecretsClient({"AWSCURRENT": KEY}))
    table: str = ""
    bridge: Bridge = field(default_factory=Bridge)
    inbound_text: bool = False
    scope: OptOutScope = OptOutScope.ALL

    def __post_init__(self) -> None:
        """Wire it."""
        client: Any = Checked("secretsmanager", self.secrets)
        self.keys = CallbackKeys(client, "arn", monotonic=lambda: self.ticks)
        self.hashes = Hashes(client, "arn")

    @property
    def ports(self) -> Ports:
        """Return the ports that the function works on."""
        table = Table(self.store.client, self.table or self.store.table)
        return Ports(
            self.keys,
            Deliveries(table),
            UnmatchedReports(table),
            OptOuts(table, self.hashes),
            self.hashes,
            WORDS,
            self.scope,
            EventBus(cast("Any", Checked("events", self.bridge)), BUS, rounds=1),
            self.inbound_text,
            lambda: self.now,
        )

    def post(self, kind: str, body: object, key: str = KEY, **event: object) -> int:
        """Post a body, written as JSON unless it is a text; give the status."""
        content = body if isinstance(body, str) else json.dumps(body)
        path = {"key": key, "kind": kind}
        whole = {"httpMethod": "POST", "pathParameters": path, "body": content, "isBase64Encoded": False, **event}
        reply = receive(whole, self.ports)
        assert reply["headers"]["Content-Type"] in {"application/json", "application/problem+json"}
        return int(reply["statusCode"])

    def report(self, submission_id: str, recipient: str, status: int) -> int:
        """Post a delivery report as RealTime writes it."""
        phone = recipient.removeprefix("+")
        return self.post("reports", {"id": submission_id, "phone": phone, "status": status, "date": "2027-01-15 08:00"})
