"""`rtsms usage`: exact sums over what the table, or an export of it, holds."""

import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import batched
from pathlib import Path
from typing import Any

import pytest

from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Table
from realtime_sms.outcomes.decide import Change
from realtime_sms.vocabulary import Delivery, DeliveryReason, MessageType
from rtsms.usage import Sums, chart
from tests.cli.fakes import run
from tests.cli.test_forget import EmbeddedStack, stack  # noqa: F401 (a fixture)
from tests.conftest import Store
from tests.fakes.submissions import FAILED, SUBMITTED, item_of

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


def test_what_a_newer_version_wrote_is_not_counted_but_told(usage: EmbeddedStack, store: Store) -> None:
    """Else the sums would look complete."""
    before = _groups(usage)
    newer = item_of(replace(OUTCOMES[0], request_id="newer")) | {"status": {"S": "newer"}}
    store.client.put_item(TableName=store.table, Item=newer)
    ran = run("usage", "--json", stack=usage)
    assert {one["group"]: one for one in ran.lines} == before
    assert "1 outcome not counted: written by a newer version" in ran.err


def test_days_can_be_chosen(usage: EmbeddedStack) -> None:
    """Both ends are part of them."""
    assert set(_groups(usage, "--from", "2027-01-16", "--to", "2027-01-16")) == {"2027-01-16"}
    assert set(_groups(usage, "--to", "2027-01-15")) == {"2027-01-15"}


EXPORT = "AWSDynamoDB/01700000000000-a1b2c3d4/"
SUMMARY = {"outputFormat": "DYNAMODB_JSON", "exportType": "FULL_EXPORT", "itemCount": len(OUTCOMES)}


@pytest.fixture
def exported(store: Store, usage: EmbeddedStack) -> dict[str, bytes]:  # noqa: ARG001 (its outcomes are in the table)
    """Return the files of an export of the table by their keys, as DynamoDB writes them to S3."""
    lines = [json.dumps({"Item": item}) + "\n" for item in store.items()]
    files = {
        "manifest-summary.json": json.dumps(SUMMARY).encode(),
        "manifest-files.json": b"not read",
        "data/a.json.gz": gzip.compress("".join(lines[:1]).encode()),
        "data/b.json.gz": gzip.compress("".join(lines[1:]).encode()),
    }
    return {EXPORT + name: content for name, content in files.items()}


def _write(folder: Path, files: Mapping[str, bytes]) -> str:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return str(folder)


def test_an_export_gives_the_same(usage: EmbeddedStack, exported: Mapping[str, bytes], tmp_path: Path) -> None:
    """In a folder, also without what the export says of itself, and not compressed."""
    assert _groups(usage, "--export", _write(tmp_path / "whole", exported)) == _groups(usage)
    data = {name: content for name, content in exported.items() if "/data/" in name}
    assert _groups(usage, "--export", _write(tmp_path / "data", data)) == _groups(usage)
    plain = {name.removesuffix(".gz"): gzip.decompress(content) for name, content in data.items()}
    assert _groups(usage, "--export", _write(tmp_path / "plain", plain)) == _groups(usage)


def test_an_export_in_s3_gives_the_same(usage: EmbeddedStack, exported: Mapping[str, bytes], store: Store) -> None:
    """It is read where it is; without its summary, which DynamoDB writes last, it is not finished."""
    s3, bucket = store.session.client("s3"), "an-export"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "sa-east-1"})
    for name, content in exported.items():
        s3.put_object(Bucket=bucket, Key=f"some/{name}", Body=content)
    there = replace(usage, session=store.session)
    for place in ("", "/", "/some", f"/some/{EXPORT}"):
        assert _groups(there, "--export", f"s3://{bucket}{place}") == _groups(usage)
    s3.delete_object(Bucket=bucket, Key=f"some/{EXPORT}manifest-summary.json")
    ran = run("usage", "--export", f"s3://{bucket}/some", "--json", stack=there)
    assert (ran.code, ran.error["what"]) == (2, "holds no finished export")
    ran = run("usage", "--export", "s3://another-bucket", "--json", stack=there)
    assert (ran.code, ran.error["what"]) == (4, "the bucket does not exist (NoSuchBucket)")


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"data/b.json.gz": None}, "has 1 item, but its summary says 4: a file is missing"),
        ({"data/b.json.gz": b"no gzip"}, "holds a file that cannot be read"),
        ({"data/b.json.gz": gzip.compress(b'{"Item": {}}')[:-9]}, "holds a file that cannot be read"),
        ({"data/b.json.gz": gzip.compress(b'{"Keys": {}}')}, "holds a file that cannot be read"),
        ({"manifest-summary.json": b"{}"}, "holds a file that cannot be read"),
        ({"manifest-summary.json": json.dumps(SUMMARY | {"outputFormat": "ION"}).encode()}, "is in another format"),
        ({"../B/manifest-summary.json": json.dumps(SUMMARY).encode()}, "holds 2 exports"),
        (dict.fromkeys(["data/a.json.gz", "data/b.json.gz"]), "holds no finished export"),
        ({"data/b.json.gz": gzip.compress(b'{"Item": {"requestId": {"S": "a"}}}')}, "is of another table"),
    ],
    ids=["missing", "not compressed", "cut", "not whole", "no summary", "Ion", "two", "empty", "another table"],
)
def test_what_is_no_whole_export_is_refused(
    usage: EmbeddedStack, exported: dict[str, bytes], tmp_path: Path, changed: dict[str, bytes | None], what: str
) -> None:
    """Sums of a part of it would be wrong."""
    files = exported | {EXPORT + name: content for name, content in changed.items() if content is not None}
    wanted = {
        name: content
        for name, content in files.items()
        if name.removeprefix(EXPORT) not in changed or changed[name.removeprefix(EXPORT)] is not None
    }
    ran = run("usage", "--export", _write(tmp_path, wanted), "--json", stack=usage)
    assert (ran.code, ran.error["what"], ran.out) == (2, what, "")


def test_a_place_of_an_export_is_checked_first(usage: EmbeddedStack) -> None:
    """It says what it may be, and does not repeat it."""
    for place in ("s3://", "no-such-folder"):
        ran = run("usage", "--export", place, "--json", stack=usage)
        assert (ran.code, "s3://BUCKET/PREFIX" in ran.error["what"]) == (2, True)


def test_text_csv_and_chart_say_the_same(usage: EmbeddedStack, tmp_path: Path) -> None:
    """The chart is well-formed, whatever a group is called."""
    file = tmp_path / "chart.svg"
    shown = run("usage", "--by", "campaign", "--svg", str(file), stack=usage).out
    assert "0.30" in shown
    assert "100.0%" in shown
    rows = list(csv.reader(io.StringIO(run("usage", "--by", "campaign", "--csv", stack=usage).out)))
    assert rows[0][0] == "campaign"
    assert rows[2][:4] == ["mayo", "2", "3", "0.30"]
    assert (rows[0][-1], rows[2][-1]) == ("priced", "2")
    assert "0.30 (of 2)" in run("usage", "--by", "metadata.none", stack=usage).out
    assert "mayo" in file.read_text(encoding="utf-8")
    assert "&lt;b&gt;" in chart("campaign", {"<b>": Sums()})


class LargeTable:
    """A client whose table has so many outcomes, which are made only when their page is read."""

    def __init__(self, outcomes: int) -> None:
        self.outcomes = outcomes
        self.item = item_of(OUTCOMES[0])

    def get_paginator(self, _operation: str) -> "LargeTable":
        """Return what pages."""
        return self

    def paginate(self, *, Segment: int, TotalSegments: int, **_more: object) -> Iterator[dict[str, Any]]:  # noqa: N803 (as boto3 calls them)
        """Yield the pages of a segment."""
        for some in batched(range(Segment, self.outcomes, TotalSegments), PAGE, strict=False):
            yield {"Items": [self._item(number) for number in some], "ConsumedCapacity": {"CapacityUnits": 0.0}}

    def _item(self, number: int) -> dict[str, Any]:
        if number == MANY - TRACED:
            tracemalloc.start()
        of_its_own = {"requestId": f"r-{number}", "cost": f"{number % 100 / 100:.2f}", "campaign": f"c-{number % 3}"}
        return self.item | {name: {"S": value} for name, value in of_its_own.items()}


MANY, PAGE = 100_000, 100
TRACED = 5_000  # the last ones: to trace memory makes everything several times slower


def test_many_outcomes_take_bounded_memory_and_sum_exactly(usage: EmbeddedStack) -> None:
    """A hundred thousand in the table: a few pages at a time, and a line of sums for each group."""
    try:
        found = _groups(replace(usage, client=LargeTable(MANY)), "--by", "campaign")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    costs = [Decimal(number % 100) / 100 for number in range(MANY)]
    assert {name: Decimal(one["cost"]) for name, one in found.items()} == {
        f"c-{place}": sum(costs[place::3]) for place in range(3)
    }
    assert sum(one["sms"] for one in found.values()) == MANY
    assert 0 < peak < TRACED * 500  # an outcome takes more than 1,000 octets


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
