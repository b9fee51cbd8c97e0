"""`rtsms export` and `rtsms forget`: print all that the table holds of a number, or replace the number by a hash."""

import json
import secrets
import time
from collections import Counter

import click

from realtime_sms.aws.forgotten import MARKER
from realtime_sms.aws.table import Table, as_key, seconds
from realtime_sms.outcomes.submission import iso
from realtime_sms.requests.recipients import mask
from rtsms import personal_data
from rtsms.errors import CommandError, Exit
from rtsms.options import combine, json_option, parse_number, stack_options
from rtsms.output import Output, plural
from rtsms.stack import Stack
from rtsms.table_scan import rate_option, scan_items

_UNTIL_ALL_KNOW = 75  # seconds; longer than a send function runs (60 s) that read the marker up to 10 s before
_OUT_OF_REACH = (
    "messages that nothing has received from a queue yet; they are still sent",
    "delivery reports that come later for a message that is not known; they are kept for 7 days",
    "backups of the table, which are kept for 35 days, and exports of it that you made",
    "logs, which hold request ids and the last digits of numbers until LogRetentionDays are over",
    "the dead-letter queue, which keeps messages for 14 days",
    "the table's stream, which keeps changes for a day",
    "files of rtsms bulk and their journals, where you keep them",
    "schedules of EventBridge Scheduler, if the request was not cancelled",
    "subscribers of the event bus",
    "RealTime",
    "the system that published the requests",
)
_shared_options = combine(
    click.argument("number"),
    rate_option,
    json_option,
    stack_options,
)


@click.command("export")
@_shared_options
def export(*, stack: Stack, out: Output, number: str, rate: int) -> None:
    """Print all that the table holds of a NUMBER, as JSON."""
    number = parse_number(number, stack)
    items = personal_data.find_items(scan_items(stack, out, rate), number)
    document = {
        "number": number,
        "exportedAt": iso(time.time()),
        "items": [personal_data.exported(item, number) for item in items],
        "notHere": list(_OUT_OF_REACH),
    }
    click.echo(json.dumps(document, ensure_ascii=False, indent=None if out.as_json else 2))


@click.command("forget")
@_shared_options
@click.option("--yes", is_flag=True, help="Do not ask first.")
@click.option("--wait", type=click.IntRange(0), default=_UNTIL_ALL_KNOW, hidden=True)
def forget(  # noqa: PLR0913 (one for each option)
    *, stack: Stack, out: Output, number: str, rate: int, yes: bool, wait: int
) -> int:
    """Replace a NUMBER by a hash in all that the table holds, for good.

    Nothing that was sent is sent again, and an opt-out still holds. It is safe to repeat. The exit code is 1 if a
    request is not finished, or if an item changed meanwhile and still holds the number.
    """
    number = parse_number(number, stack)
    table, hashes = stack.store(), stack.hashes()
    items = personal_data.find_to_forget(scan_items(stack, out, rate), number, hashes)
    kinds = Counter(map(personal_data.kind_of, items))
    held = personal_data.requests_of(table, items)
    if unfinished := personal_data.unfinished(held, stack.requests(), stack.forgotten()):
        raise CommandError(
            Exit.FAILED,
            f"requests {', '.join(unfinished[:5])}" + (" …" if len(unfinished) > 5 else ""),  # noqa: PLR2004 (enough to see)
            f"not finished: {len(unfinished)} to {mask(number)} may still send; nothing was changed",
            to_do="wait until they are, or cancel them: rtsms cancel REQUEST_ID",
        )
    found = ", ".join(plural(count, kind) for kind, count in sorted(kinds.items())) or "nothing"
    out.text(f"{mask(number)}: {found}")
    if items and not yes and not out.confirm("Replace the number for good?", option="--yes"):
        return Exit.FAILED
    left = 0
    if items:
        _let_senders_know(table, out, wait)
        left = personal_data.forget(table, items, held, number, hashes)
        personal_data.record(table, iso(time.time()), kinds, owner=secrets.token_hex(4))
    out.result(
        {"replaced": len(items) - left, "left": left, "items": dict(kinds), "notHere": list(_OUT_OF_REACH)},
        f"{len(items) - left} replaced" + (f"; {left} changed meanwhile: repeat the command" if left else ""),
        "Not reached by this command:",
        *(f"  {one}" for one in _OUT_OF_REACH),
    )
    return Exit.FAILED if left else Exit.DONE


def _let_senders_know(table: Table, out: Output, patience: int) -> None:
    """Write the marker that a number was forgotten, and wait until every send function has read it."""
    now = time.time()
    marker = as_key(MARKER) | {"createdAt": {"S": iso(now)}}
    there = table.create(marker) or marker  # an earlier run may have ended while it waited
    if "createdAt" not in there:  # of the first version
        table.put(there := marker)
    left = seconds(there["createdAt"]["S"]) + patience - now
    if left > 0:
        out.text(f"The first time, wait {left:.0f} s until every send function looks for hashes.")
        time.sleep(left)
