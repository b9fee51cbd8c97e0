"""`rtsms usage`: exact sums over what the table, or an export of it, holds."""

import csv
import gzip
import io
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Table
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.submission import Submission
from realtime_sms.vocabulary import Delivery, DeliveryReason, MessageType
from rtsms.consumption import Sums, chart
from tests.cli.fakes import run
from tests.cli.test_forget import EmbeddedStack, stack  # noqa: F401 (a fixture)
from tests.conftest import Store
from tests.fakes.submissions import FAILED, SUBMITTED

DAY = 86_400
ENTEL, MOVISTAR = {"id": "7", "name": "Entel"}, {"name": "Movistar"}
OUTCOMES = [
    replace(
        SUBMITTED, request_id="a", campaign="mayo", cost="0.10", operator=ENTEL, handset_seconds=2,
        metadata={"shop": "1"}, delivery=Delivery.DELIVERED, message_type=MessageType.PROMOTIONAL, segments=2,
    ),
    replace(
        SUBMITTED, request_id="b", campaign="mayo", cost="0.20", operator=MOVISTAR, handset_seconds=9,
        delivery=Delivery.DELIVERED, message_type=MessageType.PROMOTIONAL,
    ),
    replace(
        SUBMITTED, request_id="c", delivery=Delivery.UNDELIVERED, delivery_reason=DeliveryReason.NETWORK,
        created_at=SUBMITTED.created_at + DAY,
    ),
    replace(FAILED, request_id="d", campaign="mayo"),
]  # fmt: skip


@pytest.fixture
def usage(stack: EmbeddedStack, store: Store) -> EmbeddedStack:  # noqa: F811 (the fixture)
    """Return a stack with these outcomes only."""
    store.clear()
    Submissions(stack.store()).apply([Change(None, one) for one in OUTCOMES])
    stack.parameters["TimeZone"] = "America/Santiago"  # type: ignore[index]  # a dict
    return stack


def _groups(stack: EmbeddedStack, *more: str) -> dict[str, dict[str, Any]]:  # noqa: F811
    ran = run("usage", "--json", "--rate", "1000000", *more, stack=stack)
    assert ran.code == 0, ran.err
    return {one["group"]: one for one in ran.lines}


def test_sums_are_exact_and_what_is_unknown_is_null(usage: EmbeddedStack) -> None:
    """0.10 and 0.20 are 0.30, and a cost that nobody told is not 0."""
    found = _groups(usage, "--by", "campaign")
    mayo, none = found["mayo"], found["(none)"]
    assert (mayo["sms"], mayo["segments"], mayo["cost"], mayo["priced"]) == (2, 3, "0.30", 2)
    assert (mayo["delivered"], mayo["medianSeconds"], mayo["p95Seconds"]) == (1.0, 2, 9)
    assert mayo["reasons"] == {"malformed": 1}
    assert (none["cost"], none["medianSeconds"], none["delivered"], none["reasons"]) == (
        None,
        None,
        0.0,
        {"network": 1},
    )


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("operator", {"Entel", "Movistar", "(none)"}),
        ("messageType", {"promotional", "transactional"}),
        ("metadata.shop", {"1", "(none)"}),
        ("day", {"2027-01-15", "2027-01-16"}),
    ],
)
def test_groups_are_by_what_is_asked_for(usage: EmbeddedStack, by: str, groups: set[str]) -> None:
    """A day is one of the deployment's time zone."""
    assert set(_groups(usage, "--by", by)) == groups


def test_days_can_be_chosen(usage: EmbeddedStack) -> None:
    """Both ends are part of them."""
    assert set(_groups(usage, "--from", "2027-01-16", "--to", "2027-01-16")) == {"2027-01-16"}
    assert set(_groups(usage, "--to", "2027-01-15")) == {"2027-01-15"}


def test_an_export_gives_the_same(usage: EmbeddedStack, store: Store, tmp_path: Path) -> None:
    """As DynamoDB writes it to S3."""
    (tmp_path / "data").mkdir()
    with gzip.open(tmp_path / "data" / "x.json.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"Item": item}) + "\n" for item in store.items())
    assert _groups(usage, "--export", str(tmp_path)) == _groups(usage)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run("usage", "--export", str(empty), "--json", stack=usage).error["where"] == "--export"


def test_text_csv_and_chart_say_the_same(usage: EmbeddedStack, tmp_path: Path) -> None:
    """The chart is well-formed, whatever a group is called."""
    file = tmp_path / "chart.svg"
    shown = run("usage", "--by", "campaign", "--svg", str(file), stack=usage).out
    assert "0.30" in shown
    assert "100.0%" in shown
    rows = list(csv.reader(io.StringIO(run("usage", "--by", "campaign", "--csv", stack=usage).out)))
    assert rows[0][0] == "campaign"
    assert rows[2][:4] == ["mayo", "2", "3", "0.30"]
    assert "mayo" in file.read_text(encoding="utf-8")
    assert "&lt;b&gt;" in chart("campaign", {"<b>": Sums()})


def test_many_outcomes_take_bounded_memory_and_sum_exactly() -> None:
    """A hundred thousand: one line of sums, and no more seconds than there are different ones."""
    sums, one = Sums(), SUBMITTED
    for number in range(100_000):
        sums.add(_priced(one, number))
    assert sums.cost == Decimal("0.01") * 100_000
    assert (sums.sms, len(sums.seconds), sums.percentile(0.95)) == (100_000, 60, 56)


def _priced(one: Submission, number: int) -> Submission:
    return replace(one, cost="0.01", handset_seconds=number % 60)


def test_a_store_of_another_kind_of_group_is_refused(usage: EmbeddedStack) -> None:
    """It says which there are."""
    ran = run("usage", "--by", "number", "--json", stack=usage)
    assert (ran.code, "metadata.NAME" in ran.error["what"]) == (2, True)


def test_the_table_is_read_in_parts(usage: EmbeddedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of one is told, and not counted as an end."""
    scan = Table.scan

    def failing(table: Table, segment: int, segments: int) -> Any:  # noqa: ANN401 (pages)
        if segment == 2:
            raise ValueError("broken")
        return scan(table, segment, segments)

    monkeypatch.setattr(Table, "scan", failing)
    with pytest.raises(ValueError, match="broken"):
        run("usage", "--json", stack=usage)
