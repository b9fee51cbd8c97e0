"""Describe a validated file before it is published."""

from collections.abc import Iterator
from decimal import Decimal

from realtime_sms.requests.recipients import mask
from realtime_sms.vocabulary import MessageType
from rtsms.bulk.campaign import Campaign
from rtsms.bulk.validation import ValidatedFile
from rtsms.output import plural

_LISTED = 5  # characters that force Unicode, and lines of unusual numbers

_TYPES = {
    MessageType.PROMOTIONAL: "promotional: waits for sending hours, and never holds up transactional messages",
    MessageType.TRANSACTIONAL: "transactional: does not wait for sending hours, and may hold up other messages",
}


def document(campaign: Campaign, price: Decimal | None) -> dict[str, object]:
    """Return the summary as JSON; it has no text."""
    validated = campaign.validated
    found: dict[str, object] = {
        "type": "checked",
        "campaign": campaign.campaign_id,
        "messageType": campaign.merge.message_type,
        "rows": len(validated.numbers),
        "good": validated.good,
        "bad": validated.bad,
        "repeatedNumbers": validated.repeated,
        "segments": validated.segments,
    }
    if send_at := campaign.merge.request.get("sendAt"):
        found["sendAt"] = send_at
    if price is not None:
        found["cost"] = str(validated.segments * price)
    if validated.unicode:
        found |= {"unicodeRows": validated.unicode, "forcedBy": _forcing(validated)}
    if validated.unusual:
        found |= {"unusualNumbers": len(validated.unusual)}
    return found


def lines(campaign: Campaign, price: Decimal | None) -> Iterator[str]:
    """Return the summary as text: what is sent, what it costs, the first text, and what is worth a second look."""
    validated = campaign.validated
    repeated = f"; {validated.repeated:,} repeat the number of an earlier row" if validated.repeated else ""
    rows = plural(len(validated.numbers), "row")
    yield f"{campaign.file.path.name}: {rows}, {validated.good:,} good, {validated.bad:,} bad{repeated}"
    cost = "" if price is None else f", {validated.segments * price} at {price} a segment"
    yield f"{plural(validated.segments, 'segment')}{cost}; campaign {campaign.campaign_id}"
    yield _TYPES[campaign.merge.message_type]
    if send_at := campaign.merge.request.get("sendAt"):
        yield f"to be sent at {send_at}"
    if not validated.numbers:
        yield "warning: the file has column names, but no rows"
    if first := validated.first:
        size = f"{plural(first.segments, 'segment')}, charset {first.charset}"
        yield f"The first text, to {mask(f'+{first.number}')}, {size}:"
        yield from (f"  {line}" for line in first.text.splitlines())
    if validated.unicode:
        yield f"Unicode in {validated.unicode:,} of {plural(validated.good, 'row')} because of {_shown(validated)}"
    if validated.unusual:
        count = plural(len(validated.unusual), "number")
        yield f"{count} possible, but unusual for a mobile phone: {_unusual_lines(validated)}"


def _forcing(validated: ValidatedFile) -> list[str]:
    return [character for character, _ in validated.forced_by.most_common(_LISTED)]


def _shown(validated: ValidatedFile) -> str:
    """Show the most frequent characters, those that nobody can see by their code points."""
    shown = [one if one.isprintable() else f"U+{ord(one):04X}" for one in _forcing(validated)]
    more = len(validated.forced_by) - len(shown)
    return " ".join(shown) + (f" and {more} more" if more else "")


def _unusual_lines(validated: ValidatedFile) -> str:
    listed = ", ".join(map(str, validated.unusual[:_LISTED]))
    more = len(validated.unusual) - _LISTED
    return f"line{'s' if len(validated.unusual) > 1 else ''} {listed}" + (f" and {more:,} more" if more > 0 else "")
