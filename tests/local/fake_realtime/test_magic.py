import re

import phonenumbers
import pytest

from local.fake_realtime import DeliveryStatus, Simulator, magic_rows
from local.fake_realtime.magic import OUTCOMES, Manner, Outcome, Shape
from tests.local.fake_realtime.caller import ORDINARY, Caller

IN_ORDER = [each for each in OUTCOMES if each.manner is Manner.WHOLE and each.shape is Shape.RESULTS]
REFUSALS = [each for each in IN_ORDER if each.status != 200]
WORDS = [each for each in IN_ORDER if each.word != "submitted"]


def named(outcome: Outcome) -> str:
    """Return the name of a case's outcome."""
    return outcome.name


@pytest.mark.parametrize("number", [row[0] for row in magic_rows()])
def test_a_magic_number_is_a_possible_chilean_mobile(number: str) -> None:
    """Our own request model must let it through, and no phone in Chile may have it."""
    parsed = phonenumbers.parse(number)
    assert phonenumbers.is_possible_number(parsed)
    assert not phonenumbers.is_valid_number(parsed)
    assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == number
    assert re.fullmatch(r"\+569\d{8}", number)


def test_every_row_has_its_own_number_name_and_meaning() -> None:
    """The table is the documentation: no number means two things."""
    rows = magic_rows()
    for column in zip(*rows, strict=True):
        assert len(set(column)) == len(rows)


def test_the_vendors_own_example_is_no_magic_number(caller: Caller) -> None:
    """It is what people try first, so it works."""
    assert "+56900000000" not in {row[0] for row in magic_rows()}
    assert caller.send("+56900000000").words == ["submitted"]


@pytest.mark.parametrize("outcome", REFUSALS, ids=named)
def test_a_number_can_choose_an_http_error(simulator: Simulator, caller: Caller, outcome: Outcome) -> None:
    """The error has an empty body; whether the handset got the message is as the row says."""
    came = caller.send(outcome.number)
    assert (came.status, came.body) == (outcome.status, b"")
    assert bool(simulator.inbox(outcome.number)) == outcome.accepted
    assert ("Retry-After" in came.headers) == outcome.retry_after
    assert came.headers.get("Location") == ("/_simulator/redirected" if 300 <= outcome.status < 400 else None)


@pytest.mark.parametrize("outcome", WORDS, ids=named)
def test_a_number_can_choose_a_result(simulator: Simulator, caller: Caller, outcome: Outcome) -> None:
    """Any other word than submitted comes without an id, and beside other recipients' good results."""
    results = caller.send(ORDINARY, outcome.number).json["submissions"]
    assert results[0]["status"] == "submitted"
    assert results[1] == {"status": outcome.word}
    assert bool(simulator.inbox(outcome.number)) == outcome.accepted


@pytest.mark.parametrize("outcome", [each for each in OUTCOMES if each.first], ids=named)
def test_an_outcome_of_the_first_calls_passes(simulator: Simulator, caller: Caller, outcome: Outcome) -> None:
    """After so many calls for the number it simply works, and exactly one message has arrived."""
    for _ in range(outcome.first or 0):
        came = caller.send(outcome.number)
        assert came.status == outcome.status
        assert came.status != 200 or came.words == [outcome.word]
    assert caller.send(outcome.number).words == ["submitted"]
    assert len(simulator.inbox(outcome.number)) == 1


def test_an_error_for_one_recipient_is_the_whole_calls(simulator: Simulator, caller: Caller) -> None:
    """HTTP has one status for all recipients, so nobody gets the message."""
    assert caller.send(ORDINARY, "+56900000500").status == 500
    assert simulator.inbox() == ()


@pytest.mark.parametrize("status", DeliveryStatus)
def test_a_number_can_choose_its_delivery(caller: Caller, status: DeliveryStatus) -> None:
    """The message is submitted, and later *Get SMS info* tells what became of it."""
    (result,) = caller.send(f"+5690000600{status}").json["submissions"]
    info = caller.get(f"/api/sms/{result['submissionId']}").json
    assert info["info"]["status"] == {"code": str(int(status)), "status": status.word}
    assert bool(info["timestamps"]["done"]) == status.is_final


def test_any_number_can_be_made_magic(simulator: Simulator, caller: Caller) -> None:
    """A load test needs many numbers with one outcome."""
    simulator.assign(ORDINARY, "http_429_first_1")
    assert [caller.send().status for _ in range(2)] == [429, 200]


def test_the_next_calls_can_be_made_to_fail(simulator: Simulator, caller: Caller) -> None:
    """An injected outcome holds for so many calls of its operation, whatever the number."""
    simulator.inject("http_503", calls=2)
    simulator.inject("http_500", operation="balance")
    assert [caller.send().status for _ in range(3)] == [503, 503, 200]
    assert [caller.get("/api/balance").status for _ in range(2)] == [500, 200]


def test_an_unknown_outcome_is_a_mistake(simulator: Simulator) -> None:
    """A test that misspells an outcome must not pass."""
    with pytest.raises(KeyError):
        simulator.inject("no such outcome")
