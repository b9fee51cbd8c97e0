"""The options that a send request is written with, and the request that they make."""

import sys
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TextIO, get_args

import click

from realtime_sms.encoding.charset import CHARSETS
from realtime_sms.requests.model import Policy
from rtsms.commands.options import Command, Value

_STDIN = "-"
_POLICIES: tuple[str, ...] = get_args(Policy.__value__)

_TEXT = (
    click.argument("text", required=False),
    click.option("--file", "source", type=click.File(encoding="utf-8"), help="Read the text from a file; - is stdin."),
)
_ENCODING = (
    click.option("--encoding", type=click.Choice(_POLICIES), help="Characters outside GSM 03.38: keep, spell, refuse."),
    click.option("--charset", type=click.Choice([str(number) for number in CHARSETS]), help="RealTime's charset."),
)
_SENDING = (
    click.option("--sender", help="Up to 11 letters and digits, or 15 digits; else the deployment's default."),
    click.option("--max-segments", type=click.IntRange(1), help="Do not send a text that needs more."),
    click.option("--expires-at", metavar="TIME", help="Do not send after this time (RFC 3339, with a zone)."),
    click.option("--on-unknown", type=click.Choice(["keep", "resend"]), help="resend: rather twice than perhaps not."),
    click.option("--metadata", multiple=True, metavar="NAME=VALUE", help="Kept with each outcome; may be repeated."),
)
_MEMBERS = {
    "sender": "sender",
    "encoding": "encoding",
    "max_segments": "maxSegments",
    "expires_at": "expiresAt",
    "on_unknown": "onUnknown",
}


def text_options(command: Command) -> Command:
    """Give a command the text, as an argument, a file, or stdin."""
    return _all(_TEXT, command)


def encoding_options(command: Command) -> Command:
    """Give a command the options that say how a text is carried."""
    return _all(_ENCODING, command)


def sending_options(command: Command) -> Command:
    """Give a command the other options of a request."""
    return _all(_SENDING, command)


def read_text(text: str | None, source: TextIO | None) -> str:
    """Give the text to be sent; of what comes from a file or stdin, the line break at the end is left out.

    Raises:
        UsageError: there is none, or there are two.

    """
    if (text is None) == (source is None) and (text is not None or sys.stdin.isatty()):
        raise click.UsageError("give one text: on the command line, from a file, or on stdin")
    if text is not None and text != _STDIN:
        return text
    try:
        read = (source or click.get_text_stream("stdin", encoding="utf-8")).read()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"the text is not UTF-8: octet {error.start} of it cannot be read") from None
    return str(read).removesuffix("\n").removesuffix("\r")


def request(text: str, recipients: Sequence[str], **options: Value) -> dict[str, object]:
    """Make the request's JSON object from what the options say; its values are checked where it is read."""
    message = {"text": text} | ({"charset": int(options["charset"])} if options.get("charset") else {})
    chosen = {member: options[name] for name, member in _MEMBERS.items() if options.get(name) is not None}
    metadata = dict(_pair(written) for written in options.get("metadata", ()))
    return {"recipients": list(recipients), "message": message, **chosen} | ({"metadata": metadata} if metadata else {})


def _pair(written: str) -> tuple[str, str]:
    name, equals, value = written.partition("=")
    if not equals:
        raise click.BadParameter("must be NAME=VALUE", param_hint="--metadata")
    return name, value


def _all(options: Sequence[Callable[[Command], Command]], command: Command) -> Command:
    """Apply them so that the help lists them in the order written here."""
    return reduce(lambda made, option: option(made), reversed(options), command)
