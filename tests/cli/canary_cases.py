"""The errors of the command, each with a canary wherever somebody may write: § stands for it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from realtime_sms.aws.requests import Rejection
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import MessageType, Reason, Status
from rtsms.request import prepare_request
from rtsms.stack import Stack
from tests.cli.fakes import FakeClient, FakeStack, Ran, fake_stack, run, submission
from tests.cli.test_resend import FakeSubmissions
from tests.fakes import stores
from tests.fakes.submissions import NOW

CANARIES = {"number": "+56987651234", "text": "Su clave es Canario 4711", "token": "ghp_Canario0Secreto1"}
PHONE = "+56961234567"
GOOD = f"numero,nombre\n{PHONE},Ana\n"
BULK = ("bulk", "clientes.csv", "--template", "Hola {{nombre}}")

type StackOf = Callable[[str], Any]


class _Sqs(FakeClient):
    def send_message_batch(self, *, Entries: list[dict[str, str]], **_other: object) -> dict[str, Any]:  # noqa: N803 (boto3's name)
        return {"Successful": [{"Id": one["Id"]} for one in Entries]}


@dataclass(frozen=True)
class Case:
    """A command in which § stands for the canary, and the files that it finds."""

    arguments: tuple[str, ...]
    stdin: str | bytes = ""
    files: dict[str, str | bytes] = field(default_factory=lambda: {"clientes.csv": GOOD})
    stack: StackOf = lambda _canary: fake_stack({"sqs": _Sqs()})

    def run(self, canary: str, *more: str) -> Ran:
        """Write the files and run the command."""
        for name, content in self.files.items():
            octets = content.encode() if isinstance(content, str) else content
            path = Path(name.replace("§", canary))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(octets.replace("§".encode(), canary.encode()))
        stdin = self.stdin.replace("§", canary) if isinstance(self.stdin, str) else self.stdin
        arguments = [argument.replace("§", canary) for argument in self.arguments]
        return run(*arguments, *more, stack=self.stack(canary), stdin=stdin)


def bulk(*more: str, stack: StackOf | None = None, **files: str | bytes) -> Case:
    """Make a case of `rtsms bulk`; a file's name has _ for its dot."""
    found: dict[str, str | bytes] = {"clientes.csv": GOOD}
    case = Case((*BULK, *more), files=found | {name.replace("_", "."): content for name, content in files.items()})
    return replace(case, stack=stack) if stack else case


def _raising(error: Callable[[str], BaseException]) -> StackOf:
    """Make what is asked for the stack raise an error."""

    def make(canary: str) -> Callable[..., Stack]:
        def find(_name: str, **_options: object) -> Stack:
            raise error(canary)

        return find

    return make


def _no_such_stack(canary: str) -> Callable[..., Stack]:
    session = fake_stack({"cloudformation": FakeClient(describe_stacks=_refused("ValidationError", canary))}).session
    return lambda name, **_options: Stack.find(name, session)


def _refused(code: str, canary: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": canary}}, "SendMessage")


@dataclass(frozen=True)
class _Resendable(FakeStack):
    fake: FakeSubmissions = field(default_factory=FakeSubmissions)

    def submissions(self, parallel_calls: int = 1) -> Any:  # noqa: ANN401, ARG002 (a fake of it)
        return self.fake


def _resendable(
    status: Status, request: dict[str, Any] | None = None, *, changing: bool = False, deleted: bool = False
) -> StackOf:
    def make(canary: str) -> _Resendable:
        made = fake_stack()
        stack = _Resendable(made.name, made.session, made.outputs, made.parameters, made.status)
        sent = request or {"recipients": [PHONE], "message": {"text": canary}}
        content_hash = prepare_request(sent, "o", Defaults(sender="96000")).content_hash
        held = submission("order", PHONE, status=status, content_hash=content_hash)
        stack.fake.held["order", PHONE] = held
        if deleted:
            stack.fake.deleted.add(("order", PHONE))
        if changing:
            stack.fake.held["order", PHONE] = replace(held, attempt=9)
            stack.fake.read_living = lambda keys, _now: dict.fromkeys(keys, held)  # type: ignore[method-assign]
        return stack

    return make


def _rejected(canary: str) -> FakeStack:
    stack = fake_stack()
    stack.held.hold(submission(f"a{canary}", PHONE, content_hash="another"))
    return stack


def _rejected_later(_canary: str) -> FakeStack:
    stack = fake_stack()
    publish = stack.queue.publish

    def rejecting(body: str, message_type: MessageType, campaign: str | None) -> None:
        publish(body, message_type, campaign)
        stack.held.rejections[json.loads(body)["requestId"]] = Rejection(Reason.CONFLICT, "other content", NOW)

    stack.queue.publish = rejecting  # type: ignore[method-assign]
    return stack


def _changing(content: str) -> StackOf:
    """Make a stack that changes the file when its client is made."""

    def make(_canary: str) -> FakeStack:
        stack = fake_stack()

        def client(_service: str, **_options: object) -> _Sqs:
            Path("clientes.csv").write_text(content, encoding="utf-8")
            return _Sqs()

        stack.session.client = client  # type: ignore[method-assign,assignment]
        return stack

    return make


def _failing_queue(error: Callable[[str], BaseException]) -> StackOf:
    def make(canary: str) -> FakeStack:
        return fake_stack({"sqs": FakeClient(send_message_batch=error(canary))})

    return make


def _interrupted(_canary: str) -> FakeStack:
    class Interrupting(_Sqs):
        def send_message_batch(self, **_other: object) -> dict[str, Any]:
            raise KeyboardInterrupt

    return fake_stack({"sqs": Interrupting()})


REQUEST = json.dumps({"recipients": [PHONE], "message": {"text": "§"}}, ensure_ascii=False)
RESEND = ("resend", "order", PHONE, "--request", "request.json", "--accept-duplicate")
JOURNAL = '{"journal": 1, "rows": 1, "campaign": "§", "content": "§", "queue": "§"}\n'


def _resend(request: str | bytes, stack: StackOf, *more: str) -> Case:
    return Case((*RESEND, *more), files={"request.json": request}, stack=stack)


USAGE = [
    Case(arguments)
    for arguments in [
        ("x§",),
        ("--§",),
        ("optout", "x§"),
        ("send", "§", "§", "--to", "§"),
        ("send", "--§=§"),
        ("send", "§", "--to"),
        ("send", "§"),
        ("pause", "--lane", "§"),
        ("resume", "§"),
        ("status", "§", "--json=§"),
        ("status", "§", "--page", "§"),
        ("status", "§", "--limit", "0"),
        ("watch", "§", "--every", "x§"),
        ("redrive", "--reason", "§"),
        ("preview", "§", "--charset", "§"),
        ("preview", "§", "--encoding", "§"),
        ("preview", "§", "--default-region", "§"),
        ("preview", "--file", "§.txt"),
        ("preview", "§", "--file", "-"),
        ("bulk", "§.csv"),
        ("bulk", "clientes.csv", "--template-file", "§"),
        ("resend", "§", "§", "--request", "§"),
        *[
            (*BULK, option, "x§")
            for option in (
                "--price-per-segment", "--delimiter", "--file-encoding", "--at-once", "--show", "--max-segments",
                "--on-unknown", "--charset", "--encoding", "--default-region", "--metadata", "--key-column",
                "--to-column", "--expires-at", "--send-at",
            )
        ],
        (*BULK, "--campaign", "/§"),
        (*BULK, "--sender", "§ é"),
        (*BULK, "--metadata", "§é=§"),
        (*BULK, "--metadata", "a=§\n"),
        (*BULK, "--metadata", "§"),
        (*BULK, "--default-region", "CL"),
        (*BULK, "--journal", "§/§", "--yes"),
        BULK,  # not a terminal
    ]
]  # fmt: skip
TEXTS = [
    Case(("send", "§á", "--to", PHONE, "--encoding", "exact")),
    Case(("send", "§á", "--to", PHONE, "--charset", "1")),
    Case(("preview", "§á", "--encoding", "exact")),
    Case(("send", "§" * 20, "--to", PHONE, "--max-segments", "1")),
    Case(("send", "§", "--to", "§x", "--to", "x§")),
    Case(("send", "§", "--to", PHONE, "--request-id", "§ é")),
    Case(("send", "§", "--to", PHONE, "--sender", "1", "--send-at", "2020-01-01T00:00:00Z")),
    Case(("preview",), stdin=b"Canario \xff"),
    Case(("send", "hola", "--to", PHONE, "--request-id", "a§", "--sender", "1", "--wait"), stack=_rejected),
    Case(("send", "§", "--to", PHONE, "--sender", "1", "--wait"), stack=_rejected_later),
    Case(("send", "§", "--to", PHONE, "--sender", "1", "--wait", "--timeout", "0")),
    Case(("optout", "add", "§x")),
    Case(("optout", "show", PHONE)),
    Case(
        ("optout", "import", "clientes.csv", "--to-column", "§"), stack=lambda _: fake_stack({"dynamodb": FakeClient()})
    ),
    Case(("status", "§")),
    Case(("redrive", "--reason", "conflict")),
]
RESENDS = [
    _resend("§", _resendable(Status.UNKNOWN)),
    _resend('{"§": "§", "metadata": {"§": 1}, "recipients": ["§"]}', _resendable(Status.UNKNOWN)),
    _resend('["§"]', _resendable(Status.UNKNOWN)),
    _resend(b"\xffCanario", _resendable(Status.UNKNOWN)),
    _resend(REQUEST, lambda _canary: _Resendable(*_members(fake_stack()))),
    _resend(REQUEST, _resendable(Status.UNKNOWN, {"recipients": [PHONE], "message": {"text": "other"}})),
    _resend(REQUEST, _resendable(Status.SUBMITTED)),
    _resend(REQUEST, _resendable(Status.UNKNOWN, changing=True)),
    _resend(REQUEST, _resendable(Status.UNKNOWN, deleted=True)),
    Case(("resend", "§", "§x", *RESEND[3:]), files={"request.json": REQUEST}, stack=_resendable(Status.UNKNOWN)),
]
AWS = [
    Case(("status", "§", "--stack", "§"), stack=_no_such_stack),
    *[
        Case(("status", "§"), stack=_raising(error))
        for error in (
            lambda canary: _refused("AccessDenied", canary),
            lambda canary: _refused("SomethingElse", canary),
            lambda canary: EndpointConnectionError(endpoint_url=canary),
            lambda _canary: NoCredentialsError(),
            lambda canary: OSError(28, canary, canary),
            lambda _canary: KeyboardInterrupt(),
        )
    ],
    Case(("status", "§", "--profile", "§"), stack=lambda _canary: None),
    Case(("status", "§", "--region", "§"), stack=lambda _canary: None),
    bulk("--yes", stack=_failing_queue(lambda canary: _refused("AccessDenied", canary))),
    bulk("--yes", stack=_interrupted),
]
FILES = [
    bulk("--max-segments", "1", clientes_csv=content)
    for content in (
        "§,Ana Canario\n",
        "numero,§,§\n",
        "",
        'numero,nombre\n1,"§',
        'numero,nombre\n1,"§"x\n',
        "numero,nombre\r1,§\r",
        b"numero,nombre\n1,Canario \xf1\n",
        b"n\0u\0m\0\n\0",
        b"\xff\xfen\0u\0\n\0C",
        b"PK\x03\x04Canario",
        b"PK\x03\x04decimal",
        b"\xd0\xcf\x11\xe0Canario",
        f"numero,nombre\n§x,Ana\n,§\n{PHONE},\n{PHONE},§,§\n{PHONE},\x01§\n+447987651234,§\n",
        f"numero,nombre\n{PHONE},{'§' * 9000}\n{PHONE},{'§' * 2000}\n",
        f"numero,nombre,§\n{PHONE},Ana\n",
    )
] + [
    bulk("--file-encoding", "cp1252", clientes_csv="numero,nombre\n1,Peña §\n"),
    bulk("--file-encoding", "cp1252", clientes_csv="numero,nombre\n1,Peña §\n".encode("cp850")),
    bulk("--template", "Hola {{§}} {{nombre}}"),
    bulk("--template", "§ {{nombre"),
    bulk("--template", ""),
    bulk("--to-column", "§", clientes_csv="§,nombre\nx,Ana\n"),
    bulk("--key-column", "§", clientes_csv=f"numero,nombre,§\n{PHONE},Ana,\n"),
    bulk("--template", "{{§}}", clientes_csv=f"numero,§\n{PHONE},\n"),
    bulk("--yes", stack=_changing("numero,nombre\n§,§\n")),
    bulk("--yes", stack=_changing("numero,nombre\n")),
    bulk("--yes", clientes_csv_journal="§\n"),
    bulk("--yes", clientes_csv_journal=JOURNAL),
]


def _members(stack: FakeStack) -> tuple[Any, ...]:
    return stack.name, stack.session, stack.outputs, stack.parameters, stack.status


def _cancelling(**fake: Any) -> StackOf:  # noqa: ANN401 (its members)
    submissions: Any = stores.FakeSubmissions({}, **fake)
    return lambda _canary: replace(_Resendable(*_members(fake_stack())), fake=submissions)


def _scheduled(_canary: str) -> FakeStack:
    stack = fake_stack()
    stack.held.hold(submission("order", PHONE, status=Status.WAITING, reason=Reason.SCHEDULED, due_at=NOW))
    stack.scheduler.refuses = ("ThrottlingException", "§")
    return stack


def _with_zone(_canary: str) -> FakeStack:
    return fake_stack(TimeZone="America/Santiago")


def _interrupt() -> NoReturn:
    raise KeyboardInterrupt


_CAMPAIGN = ("cancel", "clientes.csv", "--campaign", "mayo", *BULK[2:], "--yes")
CANCELS = [
    Case(("cancel", "§")),
    Case(("cancel", "§", "--template", "§")),
    Case(("cancel", "§.csv", *_CAMPAIGN[2:])),
    Case((*_CAMPAIGN, "--request", "clientes.csv")),
    Case(("cancel", "a§", "--request", "request.json"), files={"request.json": REQUEST}, stack=_rejected),
    Case(_CAMPAIGN, files={"clientes.csv": GOOD, "clientes.csv.journal": '{"campaign": "mayo", "content": "§"}\n'}),
    Case(("cancel", "order"), stack=_scheduled),
    Case(_CAMPAIGN, stack=_cancelling(silent=True)),
    Case(_CAMPAIGN, stack=_cancelling(applying=_interrupt)),
]
_EXPORT = ("usage", "--export", ".")
_SUMMARY = '{"outputFormat": "DYNAMODB_JSON", "itemCount": 2, "other": "§"}'
EXPORTS = [
    Case(("usage", "--export", "§")),
    Case(_EXPORT, files={"§.csv": "§"}, stack=_with_zone),
    Case(_EXPORT, files={"§.json": "§"}, stack=_with_zone),
    Case(
        _EXPORT,
        files={"manifest-summary.json": _SUMMARY.replace("DYNAMODB_JSON", "§"), "§.json": "§"},
        stack=_with_zone,
    ),
    Case(
        _EXPORT,
        files={"manifest-summary.json": _SUMMARY, "a.json": '{"Item": {"requestId": {"S": "§"}}}'},
        stack=_with_zone,
    ),
    Case(
        _EXPORT,
        files={
            "manifest-summary.json": _SUMMARY,
            "a.json": '{"Item": {"requestId": {"S": "§"}, "recipient": {"S": "#rejected"}}}',
        },
        stack=_with_zone,
    ),
    Case(
        _EXPORT,
        files={"a/manifest-summary.json": _SUMMARY, "b/manifest-summary.json": _SUMMARY, "§.json": "§"},
        stack=_with_zone,
    ),
]
CASES = [*USAGE, *TEXTS, *RESENDS, *AWS, *FILES, *CANCELS, *EXPORTS]
