"""The whole deployment on one machine: the real template on the embedded AWS, sending to the RealTime simulator."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3
from boto3.dynamodb.conditions import Key

from local import ROOT
from local.embedded_aws.sam import build, deploy
from local.embedded_aws.server import ACCOUNT, REGION, EmbeddedAws
from local.fake_realtime.callbacks import POST_AGAIN_SECONDS

STACK_NAME = "realtime-sms"
DELIVERY_SECONDS: Final = 2  # from sending to the report, long enough to see the state before
_PATIENCE_SECONDS: Final = 120
_POLL_SECONDS: Final = 0.2  # the outcomes table has no event to wait for
_LONGEST_HIDDEN: Final = 300  # seconds: more than a function hides a message, less than the queue does
_CONTROL_SECONDS: Final = 60  # a callback that the simulator posts may meet a new environment

# Who may publish besides the account itself: the topic and the rule of docs/sending.md, and one other account.
ALLOWED_PREFIXES = "+56,+34"  # where the files in events/ send to
PUBLISHERS = {
    "PublisherArns": "111111111111",
    "PublisherTopicArns": f"arn:aws:sns:{REGION}:{ACCOUNT}:orders",
    "PublisherRuleArns": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/orders",
}

type Items = Mapping[str, Mapping[str, Any]]  # what the outcomes table has of one request, by recipient


@dataclass(frozen=True)
class Stack:
    """A deployed stack, with the embedded AWS and the simulator's address."""

    aws: EmbeddedAws
    outputs: dict[str, str]
    realtime_url: str
    template: Path
    publishers: Mapping[str, str] = field(default_factory=lambda: PUBLISHERS)
    name: str = STACK_NAME

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports on loopback that the functions call."""
        return tuple(urlsplit(url).port or 80 for url in (self.aws.endpoint_url, self.realtime_url))

    @property
    def api_url(self) -> str:
        """The address at which the embedded AWS serves the API; the output `ApiUrl` would be AWS's own."""
        return f"{self.aws.endpoint_url}/_aws/execute-api/{self.outputs['ApiId']}/v1"

    @property
    def callbacks_url(self) -> str:
        """The callback address with its secret key, which RealTime would be given."""
        secret = self.outputs["CallbackKeySecretArn"]
        key = self.aws.session().client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        return f"{self.api_url}/callbacks/{key}"

    def simulator(self, operation: str, told: object = None) -> Any:  # noqa: ANN401 (JSON)
        """Return the reply of the simulator's control API: to a GET, or to a POST if there is something to tell.

        Raises ValueError if it refuses the operation or what it is told.
        """
        return self.control("GET" if told is None else "POST", operation, told)

    def control(self, method: str, operation: str, told: object = None) -> Any:  # noqa: ANN401 (JSON)
        """Return the reply of the simulator's control API; raise ValueError if it refuses."""
        url = f"{self.realtime_url}/_simulator/{operation}"
        content = None if told is None else json.dumps(told).encode()
        reply = urllib3.request(method, url, body=content, timeout=_CONTROL_SECONDS, retries=False)
        if reply.status != HTTPStatus.OK:
            raise ValueError(f"the simulator refused {operation}: {reply.data.decode()}")
        return reply.json()

    def server_log(self) -> str:
        """Return what the embedded AWS logged."""
        return self.aws.log_file.read_text(errors="replace")

    def count_queued(self, bodies: Collection[str]) -> int:
        """Count the messages on the send queue, hidden ones too: those with these bodies, or all if there are none."""
        return sum(not bodies or message["Body"] in bodies for message in self._messages())

    def is_sending(self) -> bool:
        """Return True if a message is hidden for longer than a function ever hides one: it is being worked on."""
        return any(one["VisibleAt"] - time.time() > _LONGEST_HIDDEN for one in self._messages())

    def _messages(self) -> list[Any]:
        url = f"{self.aws.endpoint_url}/_ministack/sqs/messages?QueueUrl={self.outputs['SendQueueUrl']}"
        regions = urllib3.request("GET", url, retries=False).json()["messages"].values()
        return [
            message for queues in regions for shown in queues.values() for some in shown.values() for message in some
        ]

    def set_callbacks(self) -> None:
        """Set the stack's callback addresses in the simulator, as RealTime's support does for an account.

        It posts again 300 times as fast as RealTime.
        """
        settings = {
            "reportsUrl": f"{self.callbacks_url}/reports",
            "inboundUrl": f"{self.callbacks_url}/inbound",
            "deliverySeconds": DELIVERY_SECONDS,
            "postAgainSeconds": [wait / 300 for wait in POST_AGAIN_SECONDS],
        }
        self.simulator("state", settings)

    def await_outcomes(
        self, ended: Mapping[str, Callable[[Items], bool]], progress: Callable[[int], None] = lambda _: None
    ) -> dict[str, Items]:
        """Wait until each request's items satisfy its condition, at most two minutes; return the items by request id.

        `progress` is called with the number of requests that have ended.
        """
        table = self.aws.session().resource("dynamodb").Table(self.outputs["OutcomesTableName"])
        found: dict[str, Items] = {request_id: {} for request_id in ended}
        until, waiting = time.monotonic() + _PATIENCE_SECONDS, list(ended)
        while waiting and time.monotonic() < until:
            for request_id in waiting:
                items = table.query(KeyConditionExpression=Key("requestId").eq(request_id), ConsistentRead=True)[
                    "Items"
                ]
                found[request_id] = {str(item["recipient"]): item for item in items}
            waiting = [request_id for request_id in waiting if not ended[request_id](found[request_id])]
            progress(len(ended) - len(waiting))
            time.sleep(_POLL_SECONDS)
        return found


@contextmanager
def running_stack(parameters: Mapping[str, str] | None = None, token: str = "local-token") -> Iterator[Stack]:
    """Start the embedded AWS and the simulator, build, deploy and store the token; stop everything at the end.

    `parameters` are the template's, besides the simulator's address and `ALLOWED_PREFIXES`. `token` is stored in the
    secret, and the simulator accepts it. Raises `EmbeddedAwsError` or `SamError`; prints nothing.
    """
    with ExitStack() as running:
        template = build()
        realtime_url = running.enter_context(realtime_simulator({"tokens": [token]}))
        aws = running.enter_context(EmbeddedAws())
        values = {"RealTimeBaseUrl": realtime_url, "AllowedPrefixes": ALLOWED_PREFIXES, **(parameters or {})}
        outputs = deploy(aws, STACK_NAME, values, template)
        secrets = aws.session().client("secretsmanager")
        credentials = {"client_id": "local-client", "client_secret": "local-secret"}
        secrets.put_secret_value(SecretId=outputs["CredentialsSecretArn"], SecretString=json.dumps(credentials))
        secrets.put_secret_value(SecretId=outputs["TokenSecretArn"], SecretString=json.dumps({"access_token": token}))
        yield Stack(aws, outputs, realtime_url, template)


@contextmanager
def realtime_simulator(settings: Mapping[str, object]) -> Iterator[str]:
    """Run the RealTime simulator in a process of its own, on a free port; yield its address."""
    command = [sys.executable, "-m", "local.fake_realtime", "--port", "0", "--until-stdin-ends"]
    with subprocess.Popen(
        [*command, "--settings", json.dumps(settings)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "layers" / "realtime-sms")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            if process.stdout is None:
                raise AssertionError("a pipe was asked for")
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()
