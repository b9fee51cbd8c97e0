"""The examples of docs/examples: deployed, where the embedded AWS has what they need, and read where it lacks it."""

import ast
import base64
import importlib.util
import json
import queue
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy

from local import ROOT
from local.embedded_aws import EmbeddedAws
from realtime_sms.requests.envelope import open_envelope
from realtime_sms.requests.model import SendRequest
from tests.docs.embedded_examples import EXAMPLES, call_https, deploy, template
from tests.template.rendered import template as sms_template

SECONDS = 20
EVENT = json.loads(
    re.findall(r"```json example\n(.*?)```", (ROOT / "docs" / "outcomes.md").read_text(encoding="utf-8"), re.DOTALL)[0]
)
FAILED = EVENT["detail"] | {"changed": ["status"], "status": "failed", "reason": "sender_refused"}

type Calls = queue.Queue[tuple[dict[str, str], Any]]


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    """Yield an embedded AWS without the SMS stack: its bus and its queues are all that the examples need of it."""
    with EmbeddedAws() as aws:
        yield aws.session()


@pytest.fixture
def calls() -> Iterator[tuple[str, Calls]]:
    """Yield the address of a server and the calls that it gets: headers and JSON."""
    got: Calls = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep the call."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.put(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/sms", got
        server.shutdown()
        thread.join()


def _queue(session: boto3.Session, name: str) -> dict[str, str]:
    """Create a queue that EventBridge may send to; return its `Url` and `Arn`."""
    sqs = session.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return {"Url": url, "Arn": arn}


def _received(session: boto3.Session, url: str) -> str:
    """Return the body of the next message on a queue."""
    (message,) = session.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=SECONDS)["Messages"]
    return message["Body"]


def _put(session: boto3.Session, bus: str, source: str, kind: str, detail: Mapping[str, Any]) -> None:
    entry: Any = {"EventBusName": bus, "Source": source, "DetailType": kind, "Detail": json.dumps(detail)}
    assert session.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def _outcome(session: boto3.Session, bus: str, detail: Mapping[str, Any]) -> None:
    _put(session, bus, "realtime-sms", "SMS Outcome Changed", detail)


def _request(body: str) -> SendRequest:
    """Read a message as the send function does."""
    return open_envelope(body, "the-queues-id").request


def test_the_https_endpoint_gets_the_event_the_key_and_the_id(session: boto3.Session, calls: tuple[str, Calls]) -> None:
    """The key stands in Secrets Manager; the template names it."""
    address, got = calls
    properties = template("outcomes-to-https.yaml", OutcomeBusName="https", Endpoint=address, SecretArn="the-secret")
    value = properties["Connection"]["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyValue"]
    assert value == "{{resolve:secretsmanager:the-secret:SecretString:key}}"
    call_https(session, "https", properties, "s3cret")
    _outcome(session, "https", EVENT["detail"])
    headers, event = got.get(timeout=SECONDS)
    assert (headers["x-api-key"], headers["idempotency-key"]) == ("s3cret", EVENT["detail"]["id"])
    assert event["detail"] == EVENT["detail"]


def test_slack_gets_a_line_without_the_number(session: boto3.Session, calls: tuple[str, Calls]) -> None:
    """Only about messages that ended badly."""
    address, got = calls
    properties = template(
        "outcomes-to-slack.yaml", OutcomeBusName="slack", Channel="C012AB3CD", SecretArn="s", Endpoint=address
    )
    call_https(session, "slack", properties, "xoxb-1")
    _outcome(session, "slack", EVENT["detail"])
    _outcome(session, "slack", FAILED)
    headers, message = got.get(timeout=SECONDS)
    assert headers["authorization"] == "Bearer xoxb-1"
    assert message == {"channel": "C012AB3CD", "text": "SMS order-4711: failed (sender_refused)"}


def test_an_email_names_the_request_and_its_reason(session: boto3.Session) -> None:
    """A queue that is subscribed too shows what the topic sends."""
    session.client("events").create_event_bus(Name="email")
    topic = deploy(session, "outcomes-to-email.yaml", OutcomeBusName="email", Address="ops@example.org")["TopicArn"]
    inbox = _queue(session, "inbox")
    session.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=inbox["Arn"], Attributes={"RawMessageDelivery": "true"}
    )
    _outcome(session, "email", FAILED)
    text = _received(session, inbox["Url"])
    assert text.strip('"').startswith("SMS order-4711 is failed (sender_refused) since ")
    assert FAILED["recipient"] not in text


def test_an_event_reaches_the_other_bus(session: boto3.Session) -> None:
    """Both buses are of one account here."""
    events = session.client("events")
    events.create_event_bus(Name="ours")
    other = events.create_event_bus(Name="theirs")["EventBusArn"]
    inbox = _queue(session, "theirs")
    events.put_rule(Name="all", EventBusName="theirs", EventPattern='{"source": ["realtime-sms"]}')
    events.put_targets(Rule="all", EventBusName="theirs", Targets=[{"Id": "queue", "Arn": inbox["Arn"]}])
    deploy(session, "outcomes-to-account.yaml", OutcomeBusName="ours", OtherBusArn=other)
    _outcome(session, "ours", EVENT["detail"])
    assert json.loads(_received(session, inbox["Url"]))["detail"] == EVENT["detail"]


@pytest.mark.parametrize(
    ("account", "source", "allowed"),
    [
        ("111111111111", "realtime-sms", True),
        ("111111111111", "shop.orders", False),
        ("222222222222", "realtime-sms", False),
    ],
)
def test_the_other_bus_takes_only_outcomes_of_the_one_account(account: str, source: str, allowed: bool) -> None:  # noqa: FBT001 (a case)
    """The embedded CloudFormation has no policies of buses, so this evaluates the template's."""
    statement = template("outcomes-from-account.yaml", SmsAccount="111111111111")["MayPut"]["Statement"]
    document = {"Version": "2012-10-17", "Statement": [statement]}
    context = EvalContext(
        f"arn:aws:iam::{account}:root", "Root", account, "events:PutEvents", statement["Resource"], "sa-east-1"
    )
    context.service_context["events:source"] = source
    assert (evaluate_resource_policy(document, context).decision == "Allow") is allowed


def test_an_event_of_a_shop_becomes_a_request(session: boto3.Session) -> None:
    """The rule writes the request; nothing of the event is left over."""
    send = _queue(session, "from-events")
    arn = deploy(session, "send-from-events.yaml", SendQueueArn=send["Arn"])["RuleArn"]
    assert re.fullmatch(r"arn:aws:events:[^:]+:\d{12}:rule/order-paid-sms", arn)
    _put(session, "default", "shop.orders", "Order Paid", {"order": "4711", "phone": "+56912345678"})
    request = _request(_received(session, send["Url"]))
    assert (request.request_id, request.recipients) == ("order-4711-paid", ["+56912345678"])
    assert request.message.text == "El pago de su pedido 4711 fue recibido."
    assert (request.message_type, request.campaign, request.metadata) == (
        "transactional",
        "order-paid",
        {"order": "4711"},
    )


def test_a_state_machine_sends(session: boto3.Session) -> None:
    """A name with quotation marks is no problem there."""
    send = _queue(session, "from-states")
    machine = deploy(session, "send-from-step-functions.yaml", SendQueueUrl=send["Url"], SendQueueArn=send["Arn"])[
        "StateMachineArn"
    ]
    told = json.dumps({"order": "4711", "phone": "+56912345678", "name": 'Ana "La Jefa"'})
    session.client("stepfunctions").start_execution(stateMachineArn=machine, input=told)
    request = _request(_received(session, send["Url"]))
    assert (request.request_id, request.recipients) == ("order-4711-shipped", ["+56912345678"])
    assert request.message.text == 'Ana "La Jefa", su pedido 4711 va en camino.'
    assert (request.message_type, request.campaign) == ("transactional", "order-shipped")


def test_each_time_of_a_schedule_is_a_request_of_its_own() -> None:
    """EventBridge Scheduler fills in the time; the embedded one does not."""
    properties = template("send-from-scheduler.yaml", Recipient="+56912345678", PromotionalQueueArn="arn")
    told = properties["Schedule"]["Target"]["Input"]
    first, second = (
        _request(told.replace("<aws.scheduler.scheduled-time>", time))
        for time in ("2026-11-30T12:00:00Z", "2026-12-07T12:00:00Z")
    )
    assert first.request_id == "weekly-2026-11-30T12:00:00Z"
    assert second.request_id == "weekly-2026-12-07T12:00:00Z"
    assert (first.message_type, first.campaign) == ("promotional", "weekly")


@pytest.fixture
def cognito(monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 (a module)
    """Return the example function's module, with a decryption that reverses the bytes."""
    sdk = SimpleNamespace(
        CommitmentPolicy=SimpleNamespace(REQUIRE_ENCRYPT_ALLOW_DECRYPT="allow"),
        EncryptionSDKClient=lambda **_: SimpleNamespace(decrypt=lambda source, **_: (source[::-1], None)),
        StrictAwsKmsMasterKeyProvider=lambda key_ids: key_ids,
    )
    monkeypatch.setitem(sys.modules, "aws_encryption_sdk", sdk)
    for name, value in {"KEY_ARN": "key", "SEND_QUEUE_URL": "url", "TEXT": "Su codigo es {code}"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    spec = importlib.util.spec_from_file_location("cognito_sender", EXAMPLES / "cognito" / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_code_of_cognito_becomes_a_request_once(cognito: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 (likewise)
    """The second attempt has the same request id; another code has another one."""
    bodies: list[str] = []
    published = SimpleNamespace(send_message=lambda QueueUrl, MessageBody: bodies.append(MessageBody))  # noqa: ARG005, N803 (boto3's names)
    monkeypatch.setattr(cognito, "sqs", published)

    def event(code: bytes) -> dict[str, Any]:
        told = {"code": base64.b64encode(code[::-1]).decode(), "userAttributes": {"phone_number": "+56912345678"}}
        return {"triggerSource": "CustomSMSSender_Authentication", "request": told}

    for code in (b"482913", b"482913", b"000001"):
        cognito.handler(event(code), None)
    first, again, other = map(_request, bodies)
    assert first.message.text == "Su codigo es 482913"
    assert first.metadata == {"trigger": "CustomSMSSender_Authentication"}
    assert first.request_id == again.request_id != other.request_id
    assert first.expires_at is not None


def test_terraform_and_cdk_name_what_the_template_has() -> None:
    """Its parameters and its outputs."""
    terraform = (EXAMPLES / "terraform" / "main.tf").read_text(encoding="utf-8")
    cdk = (EXAMPLES / "cdk" / "app.py").read_text(encoding="utf-8")
    outputs = {*re.findall(r'outputs\["(\w+)"\]', terraform), *re.findall(r'"(Send\w+)"', cdk)}
    assert outputs == {"SendQueueUrl", "SendQueueArn"}
    assert outputs <= sms_template()["Outputs"].keys()
    parameters = {*re.findall(r"^    ([A-Z]\w+) +=", terraform, re.MULTILINE)}
    parameters |= set(ast.literal_eval(re.findall(r"parameters=(\{.*?\})", cdk)[0]))
    assert parameters == {"DefaultSender", "MaxPerSecond"}
    assert parameters <= sms_template()["Parameters"].keys()


def test_the_page_names_every_example() -> None:
    """With a link to each file."""
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    files = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.*") if path.suffix != ".pyc"}
    assert files - {"README.md"} == set(re.findall(r"\]\(([\w/-]+\.(?:yaml|py|tf|txt))\)", page))
