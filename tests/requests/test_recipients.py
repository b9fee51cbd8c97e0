"""From what a producer wrote to E.164, or to a refusal that gives no number away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_sms.requests.recipients import Recipients, mask, parse_recipients

NUMBER = "+56912345678"


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        pytest.param("+56912345678", "CL", NUMBER, id="E.164"),
        pytest.param("+56912345678", "AR", NUMBER, id="E.164, wherever it is dialled"),
        pytest.param("+56 9 1234-5678", "CL", NUMBER, id="spaces and hyphens"),
        pytest.param("+56 (9) 1234.5678", "CL", NUMBER, id="brackets and dots"),
        pytest.param("  +56912345678\n", "CL", NUMBER, id="space around it"),
        pytest.param("912345678", "CL", NUMBER, id="national, of Chile"),
        pytest.param("56912345678", "CL", NUMBER, id="with the country's code and no plus sign"),
        pytest.param("0056912345678", "ES", NUMBER, id="dialled from Spain"),
        pytest.param("011 15 2345 6789", "AR", "+5491123456789", id="national, of Argentina"),
        pytest.param("612 34 56 78", "ES", "+34612345678", id="national, of Spain"),
        pytest.param("07700 900123", "GB", "+447700900123", id="national, of Britain: the trunk zero goes"),
        pytest.param("+39 06 6981 2345", "CL", "+390669812345", id="Italian: the zero stays"),
        pytest.param("+447700900123", "CL", "+447700900123", id="abroad"),
        pytest.param("+56900000000", "CL", "+56900000000", id="the vendor's example"),
    ],
)
def test_a_number_becomes_e164(written: str, region: str, number: str) -> None:
    """Whatever its spelling, one phone has one key in the table."""
    assert parse_recipients([written], region) == Recipients((number,), ())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        pytest.param("12345", "'12345'", id="too short"),
        pytest.param("911", "'911'", id="an emergency number"),
        pytest.param("1234567", "'123***67'", id="local, without its area"),
        pytest.param("12345678", "'123***78'", id="local, of eight digits"),
        pytest.param("+56912345678901", "'+56***01'", id="too long for its country"),
        pytest.param("+49" + "1" * 14, "'+49***11'", id="more than fifteen digits"),
        pytest.param("+0912345678", "'+09***78'", id="no country's code"),
        pytest.param("+56912345678 ext 5", "an entry of 18 characters", id="an extension"),
        pytest.param("+56912345678x5", "an entry of 14 characters", id="an extension, short"),
        pytest.param("+56912345678;ext=5", "an entry of 18 characters", id="an extension, as in a URI"),
        pytest.param("tel:+56912345678", "an entry of 16 characters", id="a URI"),
        pytest.param("+569HELLO123", "an entry of 12 characters", id="letters of a keypad"),
        pytest.param("Su clave es 1234", "an entry of 16 characters", id="a text"),
        pytest.param("+56912345678,+56912345679", "an entry of 25 characters", id="two numbers"),
        pytest.param("++56912345678", "an entry of 13 characters", id="two plus signs"),
        pytest.param("٩١٢٣٤٥٦٧٨", "an entry of 9 characters", id="digits beyond ASCII"),
        pytest.param("+5691234\x005678", "an entry of 13 characters", id="a NUL"),
        pytest.param("", "an entry of 0 characters", id="empty"),
        pytest.param("---", "'---'", id="punctuation only"),
    ],
)
def test_what_is_no_number_is_refused_by_its_place(written: str, shown: str) -> None:
    """The refusal says which entry and why; only what could not be anybody's number is quoted whole."""
    found = parse_recipients([NUMBER, written], "CL")
    assert found.numbers == (NUMBER,)
    (refused,) = found.refused
    assert (refused.index, refused.key) == (1, "recipients[1]")
    assert str(refused.problem) == (
        f"recipients[1]: {shown} is not an E.164 number such as +56912345678, nor a number of CL"
    )


def test_a_local_number_of_another_plan_is_refused() -> None:
    """Seven digits reach somebody within an area only; with the country's code they would reach somebody else."""
    assert parse_recipients(["253-0000", "+1 253 0000"], "US").numbers == ()


def test_a_national_number_of_an_unknown_region_is_refused() -> None:
    """A wrong deployment parameter must not guess a country."""
    found = parse_recipients(["912345678", NUMBER], "ZZ")
    assert found.numbers == (NUMBER,)
    assert [refused.index for refused in found.refused] == [0]


def test_duplicates_are_folded_in_the_order_given() -> None:
    """One person, one SMS, however often and in however many spellings they are named."""
    written = ["+56922222222", "911111111", "+56 9 2222 2222", "+56911111111", "+56933333333"]
    assert parse_recipients(written, "CL").numbers == ("+56922222222", "+56911111111", "+56933333333")


def test_invalid_duplicates_keep_their_own_places() -> None:
    """Each entry that cannot be parsed is a recipient to be accounted for."""
    assert [refused.key for refused in parse_recipients(["x", NUMBER, "x"], "CL").refused] == [
        "recipients[0]",
        "recipients[2]",
    ]


def test_a_repr_of_recipients_shows_no_number() -> None:
    """It may end in a log."""
    assert NUMBER not in repr(parse_recipients([NUMBER], "CL"))


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+56912345678", "+56***78"),
        ("123456", "123***56"),
        ("12345", "12345"),
        ("recipients[1]", "rec***1]"),
        ("", ""),
    ],
)
def test_a_mask_keeps_three_and_two(number: str, masked: str) -> None:
    """Enough to recognise a number that one knows, too little to learn it."""
    assert mask(number) == masked


@given(st.from_regex(r"\+?[0-9]{6,15}", fullmatch=True))
def test_a_mask_never_shows_a_whole_number(number: str) -> None:
    """At least one digit is missing, and from eight on at least three."""
    masked = mask(number)
    assert number not in masked
    assert len(masked.replace("***", "")) == 5


@given(st.lists(st.one_of(st.text(max_size=64), st.from_regex(r"[+(]?[0-9 ()./-]{0,40}", fullmatch=True)), max_size=5))
def test_every_entry_is_a_number_or_refused(written: list[str]) -> None:
    """Nothing is dropped, nothing raises, and what is accepted is E.164."""
    found = parse_recipients(written, "CL")
    assert len(found.numbers) + len(found.refused) <= len(written)
    assert {refused.index for refused in found.refused} <= set(range(len(written)))
    assert bool(found.numbers or found.refused) == bool(written)
    for number in found.numbers:
        assert number[0] == "+"
        assert number[1:].isdigit()
        assert 1 < len(number) <= 16
        assert parse_recipients([number], "US").numbers == (number,)
