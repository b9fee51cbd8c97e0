"""`rtsms usage`: add up what was sent, what it cost and how fast it was, by day or another group.

It reads the whole table, or an export of it, and keeps only the sums of each group in memory.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from realtime_sms.aws.submissions import UnreadableItemError, from_item
from realtime_sms.aws.table import key_of
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Delivery, Status
from rtsms.bad_arguments import OurType
from rtsms.options import json_option, stack_options
from rtsms.output import Output, make_table, plural
from rtsms.stack import Stack
from rtsms.table_export import Source, read_export
from rtsms.table_scan import rate_option, scan_items

_NONE = "(none)"
_SENT = {Status.SUBMITTED, Status.UNKNOWN}
_BAR = 24  # characters of the longest bar
_COLUMNS = ("sms", "segments", "cost", "delivered", "median", "p95", "failed", "reasons")

type Item = Mapping[str, Any]


@dataclass
class Sums:
    """The sums of one group.

    `cost` is the cost of the `priced` messages. `seconds` counts messages by their seconds to the handset.
    """

    sms: int = 0
    segments: int = 0
    cost: Decimal = Decimal(0)
    priced: int = 0
    delivered: int = 0
    seconds: Counter[int] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, one: Submission) -> None:
        """Add an outcome: as an SMS if RealTime accepted it or may have; otherwise as a failure, by its reason."""
        if one.status not in _SENT:
            self.reasons[str(one.reason or one.status)] += 1
            return
        self.sms += 1
        self.segments += one.segments or 0
        self.delivered += one.delivery is Delivery.DELIVERED
        if one.cost is not None:
            self.cost += Decimal(one.cost)
            self.priced += 1
        if one.handset_seconds is not None:
            self.seconds[int(one.handset_seconds)] += 1
        if one.delivery_reason is not None:
            self.reasons[str(one.delivery_reason)] += 1

    def percentile(self, share: float) -> int | None:
        """Return the seconds within which this share of the messages reached the handset; None if no time is known."""
        left = share * self.seconds.total()
        for seconds in sorted(self.seconds):
            left -= self.seconds[seconds]
            if left <= 0:
                return seconds
        return None

    def document(self) -> dict[str, object]:
        """Return the sums as JSON; what is not known is null."""
        return {
            "sms": self.sms,
            "segments": self.segments,
            "cost": str(self.cost) if self.priced else None,
            "priced": self.priced,
            "delivered": round(self.delivered / self.sms, 4) if self.sms else None,
            "medianSeconds": self.percentile(0.5),
            "p95Seconds": self.percentile(0.95),
            "failed": sum(self.reasons.values()),
            "reasons": dict(self.reasons.most_common()),
        }


class _By(OurType):
    name = "by"
    expected = "must be day, campaign, operator, messageType or metadata.NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401 (as click parsed it)
        if value not in {"campaign", "operator", "messageType", "day"} and not str(value).startswith("metadata."):
            self.fail(self.expected, param, ctx)
        return str(value)


@click.command("usage")
@click.option(
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="First day, in the deployment's TimeZone.",
)
@click.option("--to", "until", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Last day, included.")
@click.option(
    "--by", type=_By(), default="day", show_default=True, help="day, campaign, operator, messageType or metadata.NAME."
)
@click.option(
    "--export", type=Source(), help="Read an export of DynamoDB instead of the table: a folder, or s3://BUCKET/PREFIX."
)
@rate_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@click.option("--svg", type=click.Path(path_type=Path, writable=True), help="Write a chart to this file.")
@json_option
@stack_options
def command(  # noqa: PLR0913 (one for each option)
    *,
    stack: Stack,
    out: Output,
    since: datetime | None,
    until: datetime | None,
    by: str,
    export: str | None,
    rate: int,
    as_csv: bool,
    svg: Path | None,
) -> None:
    """Show SMS, cost, delivery and speed, by day or another group.

    A cost or a time that is not known is blank, not 0. RealTime is asked for both only if CostAskedPerMinute is above
    0.
    """
    zone = ZoneInfo(stack.parameters["TimeZone"])
    first, last = (since.date() if since else None), (until.date() if until else None)
    items = read_export(export, stack.session) if export else scan_items(stack, out, rate)
    groups: dict[str, Sums] = {}
    unreadable = 0
    for one in outcomes(items):
        if one is None:
            unreadable += 1
            continue
        day = datetime.fromtimestamp(one.created_at, UTC).astimezone(zone).date()
        if (first is None or day >= first) and (last is None or day <= last):
            name = day.isoformat() if by == "day" else group_of(one, by)
            groups.setdefault(name, Sums()).add(one)
    _print(out, by, dict(sorted(groups.items())), as_csv=as_csv)
    if svg is not None:
        svg.write_text(chart(by, dict(sorted(groups.items()))), encoding="utf-8")
        out.text(f"chart: {svg}")
    if unreadable:
        click.echo(f"{plural(unreadable, 'outcome')} not counted: written by a newer version; use its rtsms", err=True)


def group_of(one: Submission, by: str) -> str:
    """Return the group to which an outcome belongs."""
    if by.startswith("metadata."):
        return one.metadata.get(by.removeprefix("metadata."), _NONE)
    if by == "operator":
        return one.operator.get("name") or one.operator.get("id") or _NONE
    return (one.campaign or _NONE) if by == "campaign" else str(one.message_type)


def outcomes(items: Iterable[Item]) -> Iterator[Submission | None]:
    """Yield the outcomes among items of the table; None for one that this version cannot read."""
    for item in items:
        if any(part.startswith("#") for part in key_of(item)):
            continue
        try:
            yield from_item(item)
        except UnreadableItemError:
            yield None


def _print(out: Output, by: str, groups: Mapping[str, Sums], *, as_csv: bool) -> None:
    documents = {name: sums.document() for name, sums in groups.items()}
    if as_csv:
        writer = csv.writer(sys.stdout)
        names = ["sms", "segments", "cost", "delivered", "medianSeconds", "p95Seconds", "failed", "priced"]
        writer.writerow([by, *names])
        writer.writerows([name, *(one[column] for column in names)] for name, one in documents.items())
        return
    most = max((sums.sms for sums in groups.values()), default=0)
    table = make_table(by, *(f"{name}#" for name in _COLUMNS[:-1]), "reasons", "")
    for name, sums in groups.items():
        table.add_row(name, *_cells(sums), "█" * round(_BAR * sums.sms / most) if most else "")
        if out.as_json:
            out.json_line({"by": by, "group": name, **documents[name]})
    total = sum(sums.sms for sums in groups.values())
    out.text(table, f"{total:,} SMS in {plural(len(groups), 'group')}")


def _cells(sums: Sums) -> list[str]:
    def seconds(share: float) -> str:
        found = sums.percentile(share)
        return "" if found is None else f"{found} s"

    cost = f"{sums.cost:,}" if sums.priced else ""
    return [
        f"{sums.sms:,}",
        f"{sums.segments:,}",
        cost + (f" (of {sums.priced:,})" if 0 < sums.priced < sums.sms else ""),
        f"{sums.delivered / sums.sms:.1%}" if sums.sms else "",
        seconds(0.5),
        seconds(0.95),
        f"{sum(sums.reasons.values()):,}",
        ", ".join(f"{reason} {count:,}" for reason, count in sums.reasons.most_common(3)),
    ]


def chart(by: str, groups: Mapping[str, Sums]) -> str:
    """Draw the SMS of each group as a bar, with the delivered share in it; return SVG."""
    most = max((sums.sms for sums in groups.values()), default=0) or 1
    rows = []
    for place, (name, sums) in enumerate(groups.items()):
        y, wide = 40 + 26 * place, 420 * sums.sms / most
        known = wide * sums.delivered / sums.sms if sums.sms else 0
        rows.append(
            f'<text x="190" y="{y + 14}" text-anchor="end">{escape(name, quote=False)}</text>'
            f'<rect x="200" y="{y}" width="{wide:.1f}" height="18" fill="#c5d3e8"/>'
            f'<rect x="200" y="{y}" width="{known:.1f}" height="18" fill="#2f6db5"/>'
            f'<text x="{206 + wide:.1f}" y="{y + 14}">{sums.sms:,}</text>'
        )
    title = f"SMS by {escape(by, quote=False)}; dark: delivered"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{56 + 26 * len(groups)}" role="img" '
        f'font-family="sans-serif" font-size="13"><title>{title}</title><text x="200" y="24">{title}</text>'
        + "".join(rows)
        + "</svg>\n"
    )
