"""The end of the demo: what it takes for wrong, and what it shows."""

import io

from rich.cells import cell_len
from rich.console import Console

from local.demo import (
    CANCELLED,
    CODE,
    LATER,
    REFUSED,
    REPORTED,
    compare_reports,
    compare_traffic,
    reports_table,
)
from local.embedded_aws import Items

DELIVERIES = {
    1: ("delivered", None),
    2: ("rejected", "bad_number"),
    3: ("undelivered", "network"),
    4: ("pending", None),
}
TOLD = {
    f"+5690000600{number}": {"status": "submitted", "reason": "accepted", "delivery": delivery, "deliveryReason": why}
    for number, (delivery, why) in {**DELIVERIES, 5: ("expired", None)}.items()
}
GOOD: dict[str, Items] = {REPORTED: TOLD, REFUSED: {"+56900006001": {"status": "failed", "reason": "opted_out"}}}


def test_outcomes_as_expected_are_nothing_to_tell_of() -> None:
    """So the demo ends well."""
    assert compare_reports(GOOD) == []


def test_a_report_that_changed_nothing_and_an_opt_out_that_was_not_kept_are_named() -> None:
    """Each by its number; a recipient who is missing likewise."""
    sent = {"+56900006001": {"status": "submitted", "reason": "accepted"}}
    reported = {number: item for number, item in TOLD.items() if number != "+56900006002"}
    wrong = compare_reports({REPORTED: {**reported, **sent}, REFUSED: sent})
    assert [one.split(":")[0] for one in wrong] == [
        "reported.+56900006001.delivery",
        "reported.+56900006002",
        "opted-out.+56900006001.status",
        "opted-out.+56900006001.reason",
    ]


def test_the_table_fits_80_columns() -> None:
    """With each delivery in it."""
    console = Console(file=io.StringIO(), width=80)
    with console.capture() as captured:
        console.print(reports_table(GOOD))
    printed = captured.get()
    assert all(item["delivery"] in printed for item in TOLD.values() if item["delivery"])
    assert "opted_out" in printed
    assert max(cell_len(line.rstrip()) for line in printed.splitlines()) <= 80


def test_a_code_that_came_last_and_a_message_that_was_not_cancelled_are_named() -> None:
    """Also where everything was sent: order is what that part shows."""
    sent = {"status": "submitted", "reason": "accepted"}
    good: dict[str, Items] = {
        CODE: {"+56951000001": sent},
        LATER: {"+56951000002": sent},
        CANCELLED: {"+56951000003": {"status": "cancelled", "reason": "cancelled"}},
    }
    assert compare_traffic(good, 1) == []
    wrong = compare_traffic({**good, CANCELLED: {"+56951000003": sent}}, 0)
    assert [one.split(":")[0] for one in wrong] == [
        "tomorrow.+56951000003.status",
        "tomorrow.+56951000003.reason",
        "code",
    ]
