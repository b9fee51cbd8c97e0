"""SQS and CloudFormation on loopback, for a process that publishes, with a hook before and after each batch."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.fakes.aws.errors import Refused
from tests.fakes.aws.models import BadCallError, check
from tests.fakes.aws.sqs import check_batch

type Hook = Callable[[str, int], None]  # when: "before", "taken" or "answered"; and the number of the batch


class SqsServer:
    """Accepts batches, and counts each message by its request id."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self._parameters = parameters
        self.url = ""
        self.published: Counter[str] = Counter()
        self.bodies: set[str] = set()
        self.batches = 0
        self.hook: Hook = lambda _when, _batch: None
        self._lock = threading.Lock()

    def take(self, request: dict[str, Any]) -> dict[str, Any]:
        """Accept a batch."""
        with self._lock:
            self.batches += 1
            number = self.batches
            self.hook("before", number)
            for entry in request["Entries"]:
                self.published[json.loads(entry["MessageBody"])["requestId"]] += 1
                self.bodies.add(entry["MessageBody"])
            self.hook("taken", number)
        entries = [{"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": ""} for entry in request["Entries"]]
        return {"Successful": entries, "Failed": []}

    def stack(self) -> str:
        """Describe the one stack."""
        outputs = {
            "SendQueueUrl": f"{self.url}/1/send",
            "PromotionalQueueUrl": f"{self.url}/1/promotional",
            "OutcomesTableName": "outcomes",
        }
        members = "".join(
            f"<member><OutputKey>{name}</OutputKey><OutputValue>{value}</OutputValue></member>"
            for name, value in outputs.items()
        )
        parameters = "".join(
            f"<member><ParameterKey>{name}</ParameterKey><ParameterValue>{value}</ParameterValue></member>"
            for name, value in self._parameters.items()
        )
        return (
            '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>'
            "<Stacks><member><StackName>sms</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime>"
            f"<StackStatus>CREATE_COMPLETE</StackStatus><Outputs>{members}</Outputs>"
            f"<Parameters>{parameters}</Parameters></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        )

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables by which a client reaches it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
            "AWS_REGION": "sa-east-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


@contextmanager
def sqs_server(parameters: Mapping[str, str]) -> Iterator[SqsServer]:
    """Serve on a free port, with a stack that has these parameters."""
    queue = SqsServer(parameters)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = 200
            if self.headers.get("X-Amz-Target") == "AmazonSQS.SendMessageBatch":
                kind = "application/x-amz-json-1.0"
                try:
                    check("sqs", "SendMessageBatch", json.loads(body))
                    check_batch(json.loads(body)["Entries"])
                    reply = json.dumps(queue.take(json.loads(body)))
                except (BadCallError, Refused) as error:
                    status, reply = 400, json.dumps({"__type": "InvalidParameterValue", "message": str(error)})
            else:
                assert parse_qs(body.decode())["Action"] == ["DescribeStacks"]
                reply, kind = queue.stack(), "text/xml"
            with suppress(ConnectionError):  # who asked may have been killed
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply.encode())
            queue.hook("answered", queue.batches)

        def handle_one_request(self) -> None:
            with suppress(ConnectionError):
                super().handle_one_request()
                return
            self.close_connection = True

        def log_message(self, *_arguments: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        queue.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield queue
        finally:
            server.shutdown()
            thread.join()
