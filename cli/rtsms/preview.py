"""`rtsms preview`: how a text would be encoded, its segments, and the characters that make it cost more.

The JSON has the fields of the API's `POST /messages/preview`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TextIO

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from realtime_sms.encoding.charset import decode
from realtime_sms.encoding.preview import forcing, shown
from realtime_sms.encoding.text import EncodedText, encode
from realtime_sms.requests.errors import Problem
from realtime_sms.requests.model import Policy
from realtime_sms.requests.prepare import Defaults, PreparedRequest, encode_for
from rtsms.errors import invalid_input
from rtsms.options import REGION, Value, json_option
from rtsms.output import Output, make_table, plural
from rtsms.request import RequestBody, encoding_options, prepare_request, read_text, request_body, text_options
from rtsms.stack import split_prefixes

_LISTED = 20  # characters
_EXAMPLE_NUMBER = "+56900000000"  # stands in where no recipients are given, because a request needs one


@click.command("preview")
@text_options
@click.option("--to", multiple=True, metavar="NUMBER", help="Encode as for this number. Repeatable.")
@encoding_options
@click.option(
    "--default-region", type=REGION, default="CL", show_default=True, help="Country of a number without + (ISO 3166)."
)
@click.option(
    "--plain-text-prefixes",
    default="+56",
    show_default=True,
    help="Prefixes of the numbers whose text is transliterated.",
)
@click.option(
    "--allowed-prefixes",
    default="+56",
    show_default=True,
    help="Prefixes of the numbers that are sent to; + is every country.",
)
@json_option
def command(  # noqa: PLR0913 (one for each option)
    *,
    out: Output,
    text: str | None,
    source: TextIO | None,
    to: tuple[str, ...],
    default_region: str,
    plain_text_prefixes: str,
    allowed_prefixes: str,
    **options: Value,
) -> None:
    """Show the segments of a TEXT, and why it needs them.

    Nothing is sent, and AWS is not called. --default-region, --plain-text-prefixes and --allowed-prefixes take the
    place of the parameters DefaultRegion, PlainTextPrefixes and AllowedPrefixes of a deployment.
    """
    plain, allowed = split_prefixes(plain_text_prefixes), split_prefixes(allowed_prefixes)
    defaults = Defaults(default_region, plain_prefixes=plain, allowed_prefixes=allowed)
    result = preview(request_body(read_text(text, source), to, **options), defaults)
    out.result(result.document, _group_table(result), "", *_characters(result))


class Group(NamedTuple):
    """Recipients who get the same encoding of the text; 0 where none were given."""

    policy: Policy
    recipients: int
    encoded: EncodedText


class Preview(NamedTuple):
    """A text, its encoding for each group, and its encoding by the policy `plain`."""

    text: str
    groups: Sequence[Group]
    plain: EncodedText

    @property
    def document(self) -> dict[str, object]:
        """Return the preview as JSON; without recipients, `segments` is for one."""
        return {
            "recipients": sum(group.recipients for group in self.groups),
            "segments": sum(group.encoded.segments * max(group.recipients, 1) for group in self.groups),
            "groups": [
                {"policy": group.policy, "recipients": group.recipients, **_encoding_document(group.encoded)}
                for group in self.groups
            ],
            "plain": _encoding_document(self.plain),
        }


def preview(body: RequestBody, defaults: Defaults) -> Preview:
    """Preview a request, whose `recipients` may be empty; raise a `CommandError` if it cannot be sent."""
    recipients = body.get("recipients") or [_EXAMPLE_NUMBER]
    any_sender = replace(defaults, sender=defaults.sender or "0")  # the sender makes no difference to a text
    any_sender = any_sender if body.get("recipients") else any_sender.anywhere
    prepared = prepare_request({**body, "recipients": recipients}, "preview", any_sender)
    groups = _groups(prepared) if body.get("recipients") else [_group_without_recipients(prepared)]
    message = prepared.request.message
    text = decode(message.text, message.charset) if message.encoded else message.text
    return Preview(text, groups, encode(text, policy="plain"))


def _groups(prepared: PreparedRequest) -> list[Group]:
    return [Group(message.policy, len(message.recipients), encoded) for message, encoded in prepared.sendable]


def _group_without_recipients(prepared: PreparedRequest) -> Group:
    """Encode for no country in particular: by the policy asked for, or else with all characters."""
    policy = prepared.request.encoding or "auto"
    try:
        return Group(policy, 0, encode_for(prepared.request, policy))
    except ValueError as error:
        raise invalid_input("message.text", [Problem("message.text", str(error))]) from None


def _encoding_document(encoded: EncodedText) -> dict[str, object]:
    text, parts, units_left = shown(encoded)
    return {
        "charset": encoded.charset,
        "alphabet": encoded.alphabet,
        "units": encoded.units,
        "segments": encoded.segments,
        "forcedBy": list(forcing(encoded.forced_by)),
        "replaced": [one._asdict() for one in encoded.replaced],
        "text": text,
        "parts": parts,
        "unitsLeft": units_left,
    }


def _group_table(result: Preview) -> Table:
    table = make_table("policy", "recipients#", "charset#", "alphabet", "units#", "left#", "segments#")
    for policy, recipients, encoded in result.groups:
        sizes = (encoded.charset, encoded.alphabet, encoded.units, shown(encoded).units_left, encoded.segments)
        table.add_row(policy, str(recipients or "-"), *map(str, sizes))
    return table


def _characters(result: Preview) -> Iterator[RenderableType]:
    """Show the text, the characters that force Unicode, and the transliterated text."""
    forced = {one.position: one.character for group in result.groups for one in group.encoded.forced_by}
    replaced = {one.position for group in result.groups for one in group.encoded.replaced}
    text = Text(result.text)
    for position in {*forced, *replaced}:
        text.stylize("bold reverse", position, position + 1)
    yield text
    if forced:
        yield from _forcing_table(forced, result.plain)
    if result.plain.replaced and not result.plain.kept:
        size = f"charset {result.plain.charset}, {plural(result.plain.segments, 'segment')}"
        title = f"Transliterated (--encoding plain): {size}" if forced else "Sent transliterated"
        yield f"\n{title}:"
        yield Text(decode(result.plain.text, result.plain.charset))


def _forcing_table(forced: Mapping[int, str], plain: EncodedText) -> Iterator[RenderableType]:
    """List the characters that force Unicode; `plain` keeps all of them if it has no spelling for one."""
    replacements = {one.position: one.replacement for one in plain.replaced}
    left = {one.position for one in plain.forced_by}
    table = make_table("forces Unicode", "code point", "position#", "transliterated")
    for position, character in sorted(forced.items())[:_LISTED]:
        otherwise = "not possible" if position in left else "kept"
        table.add_row(character, f"U+{ord(character):04X}", str(position), replacements.get(position, otherwise))
    yield ""
    yield table
    if len(forced) > _LISTED:
        yield f"and {len(forced) - _LISTED} more"
