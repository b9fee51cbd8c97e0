"""`rtsms preview`."""

from collections.abc import Iterator, Mapping
from typing import TextIO

import click
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from realtime_sms.encoding.charset import decode
from realtime_sms.requests.prepare import Defaults
from rtsms.commands.options import Value, tells
from rtsms.commands.request_options import encoding_options, read_text, request, text_options
from rtsms.output import Output, table
from rtsms.preview import Preview, left, preview
from rtsms.wording import counted

_SHOWN = 20  # characters that are listed


@click.command("preview")
@text_options
@click.option("--to", multiple=True, metavar="NUMBER", help="Encode as for this number; may be repeated.")
@encoding_options
@click.option("--default-region", default="CL", show_default=True, help="Where a number without + is dialled.")
@click.option("--plain-text-prefixes", default="+56", show_default=True, help="Numbers that are transliterated for.")
@tells
def command(  # noqa: PLR0913 (one an option)
    *,
    out: Output,
    text: str | None,
    source: TextIO | None,
    to: tuple[str, ...],
    default_region: str,
    plain_text_prefixes: str,
    **options: Value,
) -> None:
    """Show the segments of a TEXT, and what makes them more.

    Nothing is sent, and AWS is not asked. The last two options are the deployment's parameters of those names.
    """
    prefixes = tuple(filter(None, (prefix.strip() for prefix in plain_text_prefixes.split(","))))
    wanted = request(read_text(text, source), to, **options)
    seen = preview(wanted, Defaults(default_region, plain_prefixes=prefixes))
    out.tell(seen.document, _groups(seen), "", *_characters(seen))


def _groups(seen: Preview) -> Table:
    shown = table("policy", "recipients#", "charset#", "alphabet", "units#", "left#", "segments#")
    for policy, recipients, encoded in seen.groups:
        sizes = (encoded.charset, encoded.alphabet, encoded.units, left(encoded), encoded.segments)
        shown.add_row(policy, str(recipients or "-"), *map(str, sizes))
    return shown


def _characters(seen: Preview) -> Iterator[RenderableType]:
    """Show the text, the characters that force Unicode, and the text as it would be read without them."""
    forced = {one.position: one.character for group in seen.groups for one in group.encoded.forced_by}
    changed = {one.position for group in seen.groups for one in group.encoded.replaced}
    yield _marked(seen.text, {*forced, *changed})
    if forced:
        yield from _forced(forced, {one.position: one.replacement for one in seen.plain.replaced})
    if seen.plain.replaced:
        size = f"charset {seen.plain.charset}, {counted(seen.plain.segments, 'segment')}"
        how = f"Transliterated (--encoding plain): {size}" if forced else "Sent transliterated"
        yield f"\n{how}:"
        yield Text(decode(seen.plain.text, seen.plain.charset))


def _forced(forced: Mapping[int, str], spelt: Mapping[int, str]) -> Iterator[RenderableType]:
    listed = table("forces Unicode", "code point", "place#", "transliterated")
    for place, character in sorted(forced.items())[:_SHOWN]:
        listed.add_row(character, f"U+{ord(character):04X}", str(place), spelt.get(place, "cannot be"))
    yield ""
    yield listed
    if len(forced) > _SHOWN:
        yield f"and {len(forced) - _SHOWN} more"


def _marked(text: str, places: set[int]) -> Text:
    marked = Text(text)
    for place in places:
        marked.stylize("bold reverse", place, place + 1)
    return marked
