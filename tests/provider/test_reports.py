"""What RealTime tells, read: reports, inbound messages, and replies to Get SMS info."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.fake_realtime.callbacks import DeliveryStatus, report_body
from realtime_sms.provider.calls import NotSent, Reply, ReplyLost
from realtime_sms.provider.reports import (
    DeliveryUpdate,
    Info,
    UnreadableReportError,
    read_inbound,
    read_info,
    read_report,
)
from realtime_sms.vocabulary import Delivery, DeliveryReason

REPORT = {"id": "543521789981", "phone": "447945223343", "status": 1, "date": "2020-11-11 11:11:11"}
INBOUND = {"phone": "447945223343", "originator": "8300", "message": "STOP"}
INFO: dict[str, Any] = {
    "id": "543521789981",
    "timestamps": {"registered": 1800000000, "sent": 1800000001, "done": 1800000002},
    "info": {
        "status": {"code": "1", "status": "DELIVERED"},
        "cost": 1.5,
        "operator": {"id": 7, "name": "Entel", "mcc": "730", "mnc": "01"},
    },
}


def changed(base: dict[str, Any], **members: Any) -> bytes:  # noqa: ANN401 (JSON)
    """Write an object with members changed; None takes one away."""
    return json.dumps({name: value for name, value in (base | members).items() if value is not None}).encode()


def test_the_report_of_the_vendors_page_is_read() -> None:
    """With the number in E.164, as outcomes have it."""
    report = read_report(changed(REPORT))
    assert (report.submission_id, report.recipient) == ("543521789981", "+447945223343")
    assert report.update == DeliveryUpdate(Delivery.DELIVERED)
    assert "447945223343" not in repr(report)


@pytest.mark.parametrize(
    ("status", "update"),
    [
        (0, DeliveryUpdate(Delivery.PENDING)),
        (1, DeliveryUpdate(Delivery.DELIVERED)),
        (2, DeliveryUpdate(Delivery.REJECTED, DeliveryReason.BAD_NUMBER)),
        (3, DeliveryUpdate(Delivery.UNDELIVERED, DeliveryReason.NETWORK)),
        (4, DeliveryUpdate(Delivery.PENDING)),
        (5, DeliveryUpdate(Delivery.EXPIRED)),
    ],
)
@pytest.mark.parametrize("written", [int, str])
def test_every_status_of_the_vendor_is_known(status: int, update: DeliveryUpdate, written: type) -> None:
    """As a number, and as its digits."""
    assert read_report(changed(REPORT, status=written(status))).update == update


@pytest.mark.parametrize("status", DeliveryStatus)
def test_the_simulators_reports_are_read(status: DeliveryStatus) -> None:
    """Its code and ours were written apart."""
    report = read_report(report_body("4193366853543393", "+56912345678", status, 0))
    assert (report.submission_id, report.recipient) == ("4193366853543393", "+56912345678")


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"id": 543521789981}, id="id a number"),
        pytest.param({"phone": 447945223343}, id="phone a number"),
        pytest.param({"phone": "+447945223343"}, id="phone with a plus sign"),
        pytest.param({"date": None}, id="no date"),
        pytest.param({"date": "yesterday"}, id="a date that is none"),
        pytest.param({"more": [1, 2]}, id="a member that nobody documented"),
    ],
)
def test_a_report_in_other_types_is_the_same_report(members: dict[str, Any]) -> None:
    """What is not needed is not looked at."""
    assert read_report(changed(REPORT, **members)) == read_report(changed(REPORT))


_BAD: dict[str, list[Any]] = {
    "id": [None, "", "a b", "é", "\x00", "1" * 129, True, [], {}, "1\n", 543521789981.0],
    "status": [None, 6, -1, "delivered", 1.0, "01", True, [], ""],
    "phone": [None, "", "0447945223343", "44", "4" * 16, "44 7945", True, [], "٤٤٧٩٤٥٢٢"],
}


@pytest.mark.parametrize(
    "body",
    [
        *[pytest.param(text.encode(), id=text[:12] or "empty") for text in ("", "null", "[]", "1", "{", "NaN", '"a"')],
        pytest.param(b"\xff\xfe", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested"),
        pytest.param(changed(REPORT, id=1).replace(b"1", b"1e400", 1), id="an id beyond all floats"),
        *[
            pytest.param(changed(REPORT, **{name: value}), id=f"{name}: {str(value)[:12]}")
            for name, values in _BAD.items()
            for value in values
        ],
    ],
)
def test_what_is_no_report_is_refused_and_not_quoted(body: bytes) -> None:
    """The error names a member at most."""
    with pytest.raises(UnreadableReportError) as refused:
        read_report(body)
    assert not any(character.isdigit() for character in str(refused.value).replace("0 to 5", "").replace("E.164", ""))


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*REPORT, "message"]), inner, max_size=4)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_nothing_that_comes_in_makes_reading_fail_otherwise(body: bytes) -> None:
    """Whatever it is: a report, or refused; and an answer of RealTime's may be anything too."""
    for read in (read_report, read_inbound):
        with suppress(UnreadableReportError):
            read(body)
    read_info(Reply(200, body))


def test_an_inbound_message_is_read() -> None:
    """It has no id and no time; neither number nor text shows in a repr."""
    inbound = read_inbound(changed(INBOUND))
    assert (inbound.sender, inbound.text, inbound.addressee) == ("+447945223343", "STOP", "8300")
    assert repr(inbound) == "Inbound()"


@pytest.mark.parametrize("short", ["8300", 8300, "96000", "+8300", "123456", "1"])
@pytest.mark.parametrize("number", ["447945223343", 447945223343, "+447945223343"])
def test_an_inbound_message_with_its_numbers_the_wrong_way_round_is_understood(
    number: str | int, short: str | int
) -> None:
    """A short number writes no SMS, so the other one did."""
    for members in ({"phone": short, "originator": number}, {"phone": number, "originator": short}):
        assert read_inbound(changed(INBOUND, **members)).sender == "+447945223343"


@pytest.mark.parametrize(
    "members",
    [
        {"phone": "8300", "originator": "8300"},
        {"phone": "8300", "originator": None},
        {"phone": None, "originator": "447945223343"},
        {"phone": "", "originator": "447945223343"},
        {"phone": "TIENDA", "originator": "447945223343"},
        {"phone": "8300", "originator": "0447945223343"},
    ],
)
def test_no_sender_is_guessed(members: dict[str, Any]) -> None:
    """Where neither of the two is said to be the sender's, and the other a short number."""
    with pytest.raises(UnreadableReportError):
        read_inbound(changed(INBOUND, **members))


def test_of_two_long_numbers_the_phone_wrote() -> None:
    """As RealTime documents it: the sender of an SMS may be a long number too."""
    assert read_inbound(changed(INBOUND, originator="56912345678")).sender == "+447945223343"


@pytest.mark.parametrize("members", [{"phone": None}, {"phone": "8300"}, {"message": None}, {"message": []}])
def test_what_is_no_inbound_message_is_refused(members: dict[str, Any]) -> None:
    """A number that is none cannot be put on a list."""
    with pytest.raises(UnreadableReportError):
        read_inbound(json.dumps(INBOUND | members).encode())


def test_an_info_is_read() -> None:
    """Delivery, when RealTime took it, handed it over and was done, cost, and operator."""
    assert read_info(Reply(200, json.dumps(INFO).encode())) == Info(
        DeliveryUpdate(Delivery.DELIVERED),
        registered=1800000000,
        sent=1800000001,
        done=1800000002,
        cost="1.5",
        operator={"id": "7", "name": "Entel", "mcc": "730", "mnc": "01"},
    )


@pytest.mark.parametrize(
    ("word", "delivery"),
    [
        ("PENDING", Delivery.PENDING),
        ("SENT", Delivery.PENDING),
        ("DELIVERED", Delivery.DELIVERED),
        ("REJECTED", Delivery.REJECTED),
        ("UNDELIVERED", Delivery.UNDELIVERED),
        ("EXPIRED", Delivery.EXPIRED),
        ("UNKNOWN", None),
        ("whatever", None),
    ],
)
def test_every_word_of_the_vendor_is_known(word: str, delivery: Delivery | None) -> None:
    """Of the rest nothing is made."""
    info = INFO["info"] | {"status": {"code": "0", "status": word}}
    read = read_info(Reply(200, json.dumps(INFO | {"info": info}).encode()))
    assert read is not None
    assert (read.update and read.update.delivery) == delivery


@pytest.mark.parametrize(
    "value",
    [{}, {"info": []}, {"info": {"status": [], "cost": "a lot", "operator": "x"}, "timestamps": {"registered": "x"}}],
)
def test_what_an_info_does_not_tell_is_left_open(value: object) -> None:
    """Part by part."""
    assert read_info(Reply(200, json.dumps(value).encode())) == Info()


@pytest.mark.parametrize("exchange", [Reply(404), Reply(200, b"{"), ReplyLost("timeout"), NotSent("dns")])
def test_no_reply_is_no_info(exchange: Reply | ReplyLost | NotSent) -> None:
    """It is asked again later."""
    assert read_info(exchange) is None
