"""A send request made from the command line: its options, its JSON, and the check that it can be sent."""

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO, get_args

import click

from realtime_sms.encoding.charset import CHARSETS
from realtime_sms.requests.envelope import IdentifiedRequest
from realtime_sms.requests.errors import InvalidInputError, Problem
from realtime_sms.requests.model import Policy, SendRequest, parse_request
from realtime_sms.requests.prepare import Defaults, PreparedRequest, check_send_at, prepare
from rtsms.errors import CommandError, Exit, invalid_input
from rtsms.options import Value, combine

type RequestBody = Mapping[str, object]  # the JSON object of a send request

_STDIN = "-"
_POLICIES: tuple[str, ...] = get_args(Policy.__value__)
_FIELD_OF_OPTION = {
    "sender": "sender",
    "encoding": "encoding",
    "max_segments": "maxSegments",
    "expires_at": "expiresAt",
    "send_at": "sendAt",
    "on_unknown": "onUnknown",
    "message_type": "messageType",
    "campaign": "campaign",
}

TYPE_HELP = "promotional: waits for sending hours, and never holds up transactional messages. Default: transactional."

text_options = combine(
    click.argument("text", required=False),
    click.option("--file", "source", type=click.File(encoding="utf-8"), help="Read the text from a file; - is stdin."),
)
encoding_options = combine(
    click.option(
        "--encoding",
        type=click.Choice(_POLICIES),
        help="Characters outside GSM 03.38: auto keeps, plain transliterates, exact rejects them. "
        "Default: by the recipient's country.",
    ),
    click.option(
        "--charset",
        type=click.Choice([str(number) for number in CHARSETS]),
        help="RealTime's charset. Default: chosen for you.",
    ),
)
sending_options = combine(
    click.option("--sender", help="Up to 11 letters and digits, or up to 15 digits. Default: the deployment's sender."),
    click.option("--max-segments", type=click.IntRange(1), help="Do not send a text that needs more segments."),
    click.option("--expires-at", metavar="TIME", help="Do not send after this time (RFC 3339, with a time zone)."),
    click.option("--send-at", metavar="TIME", help="Send at this time (RFC 3339, with a time zone), not before."),
    click.option(
        "--on-unknown",
        type=click.Choice(["keep", "resend"]),
        help="If an outcome is unknown: keep it, or resend and accept a possible duplicate.",
    ),
    click.option("--metadata", multiple=True, metavar="NAME=VALUE", help="Stored with each outcome. Repeatable."),
)


def read_text(text: str | None, source: TextIO | None) -> str:
    """Return the text to send; a line break at the end of a file or of stdin is removed."""
    if (text is None) == (source is None) and (text is not None or sys.stdin.isatty()):
        raise CommandError(Exit.USAGE, "TEXT", "pass one text: as an argument, from a file, or on stdin")
    if text is not None and text != _STDIN:
        return text
    read = read_utf8("the text", source or click.get_text_stream("stdin", encoding="utf-8"))
    return read.removesuffix("\n").removesuffix("\r")


def read_utf8(name: str, source: TextIO) -> str:
    """Read a file or stdin whole; raise a `CommandError` if it is not UTF-8."""
    try:
        return source.read()
    except UnicodeDecodeError as error:
        raise CommandError(Exit.USAGE, name, f"is not UTF-8: byte {error.start} cannot be decoded") from None


def request_body(text: str, recipients: Sequence[str], **options: Value) -> dict[str, object]:
    """Make the request's JSON object from the options; `prepare_request` checks the values."""
    message = {"text": text} | ({"charset": int(options["charset"])} if options.get("charset") else {})
    chosen = {field: options[name] for name, field in _FIELD_OF_OPTION.items() if options.get(name) is not None}
    metadata = dict(_name_and_value(written) for written in options.get("metadata", ()))
    return {"recipients": list(recipients), "message": message, **chosen} | ({"metadata": metadata} if metadata else {})


def _name_and_value(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise CommandError(Exit.USAGE, "--metadata", "must be NAME=VALUE")
    return name, value


def parse_body(body: RequestBody, request_id: str, defaults: Defaults) -> PreparedRequest:
    """Prepare a request as the deployment would; raise a `CommandError` if it is not a send request."""
    try:
        request = parse_request({**body, "requestId": request_id})
    except InvalidInputError as error:
        raise invalid_input("the request", error.problems) from None
    return prepare(IdentifiedRequest(request_id, request), defaults)


def prepare_request(body: RequestBody, request_id: str, defaults: Defaults) -> PreparedRequest:
    """Prepare a request; raise a `CommandError` with every problem if it cannot be sent to every recipient."""
    prepared = parse_body(body, request_id, defaults)
    if problems := list(_problems(prepared)):
        raise invalid_input("the request", problems)
    return prepared


def refuse_bad_time(request: SendRequest) -> None:
    """Raise a `CommandError` if a request that is new has a `sendAt` that is past or too far ahead."""
    if (problem := check_send_at(request, time.time())) is not None:
        raise invalid_input("the request", [problem])


def _problems(prepared: PreparedRequest) -> Iterator[Problem]:
    return (refusal.problem for refusal in prepared.refusals)
