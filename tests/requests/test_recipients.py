"""From what a producer wrote to E.164, or to a refusal that gives no number away."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from realtime_sms.requests import recipients
from realtime_sms.requests.recipients import canonical, mask, parse_recipients

NUMBER = "+56912345678"
AS_TEXT = "format the column as text"
OWN_DIGITS = "ends in digits of their own after a separator; write one number without extension"
CODE_OR_NOT = "begins with 56, which may be the country's code or not; begin it with +"
LINES = "only mobile and fixed-line numbers are sent to"


@pytest.mark.parametrize(
    ("written", "region", "number"),
    [
        pytest.param("+56912345678", "CL", NUMBER, id="E.164"),
        pytest.param("+56912345678", "AR", NUMBER, id="E.164, wherever it is dialled"),
        pytest.param("+56 9 1234-5678", "CL", NUMBER, id="spaces and hyphens"),
        pytest.param("+56 (9) 1234.5678", "CL", NUMBER, id="brackets and dots"),
        pytest.param("(+56) 9 1234 5678", "CL", NUMBER, id="the code in brackets"),
        pytest.param("+[56] 9 1234 5678", "CL", NUMBER, id="square brackets"),
        pytest.param("+ 56 912345678", "CL", NUMBER, id="a space behind the plus sign"),
        pytest.param("+56.912345678", "CL", NUMBER, id="as registrars write it"),
        pytest.param("912.345.678", "CL", NUMBER, id="dots between thousands"),
        pytest.param("  +56912345678\n", "CL", NUMBER, id="space around it"),
        pytest.param("912345678", "CL", NUMBER, id="national, of Chile"),
        pytest.param("56912345678", "CL", NUMBER, id="with the country's code and no plus sign"),
        pytest.param("56910119900", "CL", "+56910119900", id="that, of a range that the library did not know"),
        pytest.param("0912345678", "CL", NUMBER, id="the trunk zero that Chile dropped"),
        pytest.param("09 8765 4321", "CL", "+56987654321", id="that, with spaces"),
        pytest.param("+56 09 1234 5678", "CL", NUMBER, id="that, behind the country's code"),
        pytest.param("+56 (0) 9 1234 5678", "CL", NUMBER, id="that, in brackets"),
        pytest.param("+56 (09) 1234 5678", "CL", NUMBER, id="that, in brackets with the 9"),
        pytest.param("560912345678", "CL", NUMBER, id="that, and no plus sign"),
        pytest.param("02 2345 6789", "CL", "+56223456789", id="that, of a fixed line"),
        pytest.param("0056 09 12345678", "CL", NUMBER, id="that, dialled from abroad"),
        pytest.param("0056912345678", "ES", NUMBER, id="dialled from Spain"),
        pytest.param("0056912345678", "US", NUMBER, id="dialled with 00, though the United States dial 011"),
        pytest.param("011 15 2345 6789", "AR", "+5491123456789", id="national, of Argentina"),
        pytest.param("+54 11 15 2345 6789", "CL", "+5491123456789", id="Argentina's 15 from abroad"),
        pytest.param("+54 9 11 15 2345 6789", "CL", "+5491123456789", id="Argentina's 9 and 15"),
        pytest.param("+54 9 2944 15 123456", "CL", "+5492944123456", id="Argentina's 9 and 15, a long area code"),
        pytest.param("+52 1 55 1234 5678", "CL", "+525512345678", id="Mexico's 1 of before 2019"),
        pytest.param("521 55 1234 5678", "MX", "+525512345678", id="that, and no plus sign"),
        pytest.param("044 55 1234 5678", "MX", "+525512345678", id="Mexico's 044"),
        pytest.param("01 55 1234 5678", "MX", "+525512345678", id="Mexico's 01"),
        pytest.param("+55 (0)11 91234-5678", "CL", "+5511912345678", id="Brazil, a trunk zero"),
        pytest.param("0 15 11 91234-5678", "BR", "+5511912345678", id="Brazil, a carrier's code"),
        pytest.param("+55 11 8123-4567", "CL", "+5511981234567", id="Brazil, of before the ninth digit"),
        pytest.param("+55 11 3123-4567", "CL", "+551131234567", id="Brazil, a fixed line"),
        pytest.param("612 34 56 78", "ES", "+34612345678", id="national, of Spain"),
        pytest.param("07700 900123", "GB", "+447700900123", id="national, of Britain: the trunk zero goes"),
        pytest.param("+44 (0)20 7946 0958", "CL", "+442079460958", id="a trunk zero in brackets"),
        pytest.param("+48 0 22 123 45 67", "CL", "+48221234567", id="the trunk zero that Poland dropped"),
        pytest.param("8 912 345 67 89", "RU", "+79123456789", id="Russia's trunk 8"),
        pytest.param("+36 06 20 123 4567", "CL", "+36201234567", id="Hungary's trunk 06"),
        pytest.param("0512/1234567", "AT", "+435121234567", id="a stroke behind the area code"),
        pytest.param("+39 06 6981 2345", "CL", "+390669812345", id="Italian: the zero stays"),
        pytest.param("+39 (0)6 6981 2345", "CL", "+390669812345", id="Italian: that in brackets, too"),
        pytest.param("+39 (0)347 1234567", "CL", "+393471234567", id="Italian: before a mobile number it goes"),
        pytest.param("+225 01 23 45 67 89", "CL", "+2250123456789", id="Ivorian: the zero stays"),
        pytest.param("+447700900123", "CL", "+447700900123", id="abroad"),
        pytest.param("+56900000000", "CL", "+56900000000", id="the vendor's example"),
        pytest.param("+56\u00a09\u00a01234\u202f5678", "CL", NUMBER, id="spaces that do not break"),
        pytest.param("+56\u200b912345678\ufeff", "CL", NUMBER, id="zero width"),
        pytest.param("\u202a+56 9 1234 5678\u202c", "CL", NUMBER, id="direction marks of an address book"),
        pytest.param("+56\u20119\u20131234\u22125678", "CL", NUMBER, id="dashes of every length"),
        pytest.param("+56\t912345678", "CL", NUMBER, id="a tab"),
        pytest.param("9·1234•5678", "CL", NUMBER, id="raised dots"),
        pytest.param("＋５６ ９（1234）5678", "CL", NUMBER, id="full width"),  # noqa: RUF001
    ],
)
def test_a_number_becomes_e164(written: str, region: str, number: str) -> None:
    """Whatever its spelling, one phone has one key in the table."""
    found = parse_recipients([written], region)
    assert (found.numbers, found.refused) == ((number,), ())


@pytest.mark.parametrize(
    ("written", "why"),
    [
        pytest.param("12345", "has too few digits for a number of +56", id="too short"),
        pytest.param("911", "has too few digits for a number of +56", id="an emergency number"),
        pytest.param("1234567", "has too few digits for a number of +56", id="local, without its area"),
        pytest.param("12345678", "is one digit short for a number of +56", id="local, of eight digits"),
        pytest.param("5698123456", "is one digit short for a number of +56", id="short, with the code"),
        pytest.param("5691234567", "is one digit short for a number of +56", id="short, with the code again"),
        pytest.param("569123456", CODE_OR_NOT, id="two digits short, with the code"),
        pytest.param("+56 9 1234 567", "is one digit short for a number of +56", id="short, with a plus sign"),
        pytest.param("098765432", "is one digit short for a number of +56", id="short, with a trunk zero"),
        pytest.param("+56 9 1234 56789", "has one digit too many for a number of +56", id="long"),
        pytest.param("+56912345678901", "has too many digits for a number of +56", id="too long for its country"),
        pytest.param("+49" + "1" * 14, "has one digit too many for a number of +49", id="more than fifteen digits"),
        pytest.param("+0912345678", "begins with no country's code", id="no country's code"),
        pytest.param("000000000", "begins with no country's code", id="zeros only"),
        pytest.param("+56 000000000", "begins with zeros", id="zeros behind a code"),
        pytest.param("+9 8765 4321", "has no country's code after the plus sign", id="a plus sign, and no code"),
        pytest.param("+987654321", "has no country's code after the plus sign", id="that, without spaces"),
        pytest.param("+912345678", "has no country's code after the plus sign", id="that, of another country"),
        pytest.param("+39 0347 1234567", recipients._UNSURE_OF_ZERO, id="Italian, a zero before a mobile number"),
        pytest.param("+979123456789", f"is a premium-rate number; {LINES}", id="premium, of no country"),
        pytest.param("+1 900 234 5678", f"is a premium-rate number; {LINES}", id="premium, abroad"),
        pytest.param("600 600 6060", f"is a shared-cost number; {LINES}", id="shared cost"),
        pytest.param("+808 1234 5678", f"is a shared-cost number; {LINES}", id="shared cost, of no country"),
        pytest.param("+800 1234 5678", f"is a toll-free number; {LINES}", id="toll-free, of no country"),
        pytest.param("800 123 456", f"is a toll-free number; {LINES}", id="toll-free"),
        pytest.param("+44 55 1234 5678", f"is a universal access number; {LINES}", id="universal access"),
        pytest.param("912345678.0", f"looks like a decimal number; {AS_TEXT}", id="a spreadsheet's float"),
        pytest.param("56912345678.0", f"looks like a decimal number; {AS_TEXT}", id="that, with the code"),
        pytest.param("56912345678,00", f"looks like a decimal number; {AS_TEXT}", id="that, with a decimal comma"),
        pytest.param("+56 9 1234 5678.000", f"looks like a decimal number; {AS_TEXT}", id="that, with spaces"),
        pytest.param("5.69123E+10", f"is in scientific notation; {AS_TEXT}", id="scientific"),
        pytest.param("5,69123e10", f"is in scientific notation; {AS_TEXT}", id="scientific, with a decimal comma"),
        pytest.param("912,345,678", f"looks like a number with thousands separators; {AS_TEXT}", id="thousands"),
        pytest.param("'912345678", f"begins with an apostrophe; {AS_TEXT}", id="an apostrophe"),
        pytest.param("\u2019912345678", f"begins with an apostrophe; {AS_TEXT}", id="an apostrophe, curled"),
        pytest.param("12.345.678-5", "looks like a RUT, not like a phone number", id="a RUT"),
        pytest.param("12345678-5", "looks like a RUT, not like a phone number", id="a RUT without dots"),
        pytest.param("12.345.678-K", "looks like a RUT, not like a phone number", id="a RUT that ends in K"),
        pytest.param("912345678 / 9", OWN_DIGITS, id="a stroke, and another last digit"),
        pytest.param("912345678/79", OWN_DIGITS, id="a stroke, and other last digits"),
        pytest.param("912345678-1", OWN_DIGITS, id="a hyphen, and a digit"),
        pytest.param("+49 89 123456-0", OWN_DIGITS, id="a hyphen, and a digit, of a plan with room for it"),
        pytest.param("+56912345678,+56912345679", "has two numbers; give each its own entry", id="two numbers"),
        pytest.param("912345678 / 987654321", "has two numbers; give each its own entry", id="two, with a stroke"),
        pytest.param("912345678 o 987654321", "has two numbers; give each its own entry", id="two, with a word"),
        pytest.param("+56912345678 +56987654321", "has two numbers; give each its own entry", id="two, with a space"),
        pytest.param("912345678\n987654321", "has two numbers; give each its own entry", id="two lines"),
        pytest.param(
            "912345678 987654321", "has too many digits; give each number its own entry", id="two national ones"
        ),
        pytest.param("912345678\n9", "has U+000A at 9", id="a line break"),
        pytest.param("+56912345678 ext 5", "has an extension; leave it out", id="an extension"),
        pytest.param("+56912345678x5", "has an extension; leave it out", id="an extension, short"),
        pytest.param("+56912345678;ext=5", "has an extension; leave it out", id="an extension, as in a URI"),
        pytest.param("912345678 anexo 12", "has an extension; leave it out", id="an extension, in Spanish"),
        pytest.param("912345678 #3", "has an extension; leave it out", id="an extension, with a sign"),
        pytest.param("tel:+56912345678", "has a letter at 0", id="a URI"),
        pytest.param("+569HELLO123", "has a letter at 4", id="letters of a keypad"),
        pytest.param("9I2345678", "has a letter at 1", id="a letter for a digit"),
        pytest.param("Su clave es 1234", "has a letter at 0", id="a text"),
        pytest.param("++56912345678", "has a plus sign at 1; it may only stand first", id="two plus signs"),
        pytest.param("56+912345678", "has a plus sign at 2; it may only stand first", id="a plus sign within"),
        pytest.param('"912345678"', "has U+0022 at 0", id="quotation marks"),
        pytest.param("*912345678", "has U+002A at 0", id="a star"),
        pytest.param("٩١٢٣٤٥٦٧٨", "has a digit of another script at 0", id="digits beyond ASCII"),
        pytest.param("912345678²", "has U+00B2 at 9", id="the mark of a footnote"),
        pytest.param("9\ufe0f\u20e3 12345678", "has U+FE0F at 1", id="a key as an emoji"),
        pytest.param("+56\u202e912345678", "has U+202E at 3", id="an override that turns the digits round"),
        pytest.param("+5691234\x005678", "has U+0000 at 8", id="a NUL"),
        pytest.param("", "is empty", id="empty"),
        pytest.param(" \u200b\n", "is empty", id="nothing that is seen"),
        pytest.param("---", "has too few digits", id="punctuation only"),
        pytest.param("9" * 65, "has 65 characters; 64 allowed", id="65 characters"),
    ],
)
def test_what_is_no_number_is_refused_by_its_place(written: str, why: str) -> None:
    """The refusal says which entry, and what is wrong with this one; it quotes nothing of it."""
    found = parse_recipients([NUMBER, written], "CL")
    assert found.numbers == (NUMBER,)
    (refused,) = found.refused
    assert (refused.index, refused.key) == (1, "recipients[1]")
    assert str(refused.problem) == f"recipients[1]: {why}"


@pytest.mark.parametrize(
    ("number", "today"),
    [
        (NUMBER, NUMBER),
        ("+560912345678", NUMBER),
        ("+5215512345678", "+525512345678"),
        ("+979123456789", "+979123456789"),
        ("+1234567", "+1234567"),
    ],
)
def test_a_number_that_a_network_tells_is_brought_up_to_date(number: str, today: str) -> None:
    """An answer must be from the phone that was sent to; what cannot be sent to stays as it is."""
    assert canonical(number) == today


def test_a_local_number_of_another_plan_is_refused() -> None:
    """Seven digits reach somebody within an area only; with the country's code they would reach somebody else."""
    found = parse_recipients(["253-0000", "+1 253 0000"], "US")
    assert found.numbers == ()
    assert {one.problem.what for one in found.refused} == {"lacks its area code"}


@pytest.mark.parametrize("written", ["4915112345678", "49151123456"])
def test_a_code_that_may_be_an_area_is_refused(written: str) -> None:
    """Germany's numbers are of any length, and 0491 is Leer: another phone would get it."""
    assert parse_recipients([written], "DE").numbers == ()


def test_a_national_number_of_an_unknown_region_is_refused() -> None:
    """A wrong deployment parameter must not guess a country."""
    found = parse_recipients(["912345678", NUMBER], "ZZ")
    assert found.numbers == (NUMBER,)
    assert [refused.index for refused in found.refused] == [0]


def test_duplicates_are_folded_in_the_order_given() -> None:
    """One person, one SMS, however often and in however many spellings they are named."""
    written = ["+56922222222", "911111111", "+56 9 2222 2222", "0911111111", "+56911111111", "+56933333333"]
    found = parse_recipients(written, "CL")
    assert found.numbers == ("+56922222222", "+56911111111", "+56933333333")
    assert found.places == ("recipients[0]", "recipients[1]", "recipients[5]")


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


@given(st.from_regex(r"[+(]?[0-9][0-9 ()./,;xE-]{5,40}", fullmatch=True))
def test_no_refusal_quotes_a_number(written: str) -> None:
    """Of an entry, no three digits that stand together are told, but for a country's code and a count."""
    for refused in parse_recipients([written], "CL").refused:
        assert len("".join(filter(str.isdigit, refused.problem.what))) <= 5


# ---- every region's example numbers

SENT_TO = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
NOT_SENT_TO = (
    *(PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN),
)


@cache
def examples(region: str, kinds: tuple[int, ...]) -> list[PhoneNumber]:
    """Return the library's example numbers of a region."""
    found = (phonenumbers.example_number_for_type(region, kind) for kind in kinds)
    return [one for one in found if one is not None]


def e164(number: PhoneNumber) -> str:
    """Write it as we keep it."""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def spellings(number: PhoneNumber) -> Iterator[str]:
    """Write a number with its country's code as people do: each must be read, wherever it is dialled."""
    code, national = number.country_code, phonenumbers.national_significant_number(number)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    yield e164(number)
    yield international
    yield phonenumbers.format_number(number, PhoneNumberFormat.RFC3966).removeprefix("tel:")
    for space, dash in (("-", "-"), ("\u00a0", "\u2011"), ("\u2009", "\u2013"), (" \u200b", "-"), ("", "")):
        yield international.replace("-", dash).replace(" ", space)
    yield f"(+{code}) {national}"
    yield f"+({code}) {national}"
    yield f" +{code} {' '.join(national)} "


def doubtful_spellings(number: PhoneNumber, region: str) -> Iterator[str]:
    """Write a number so that it may have to be refused, but is never another one."""
    code, national = number.country_code, phonenumbers.national_significant_number(number)
    trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or "0"
    yield f"{code}{national}"
    yield f"00{code}{national}"
    yield f"+{code} (0){national}"
    yield f"+{code} (0) {national[:2]} {national[2:]}"
    yield f"+{code} {trunk}{national}"
    yield f"+{code} ({trunk}){national}"
    yield f"{e164(number)[1:]}.0"
    yield f"{e164(number)} / 9"


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_an_example_number_is_read_however_it_is_written(region: str) -> None:
    """With its country's code in Chile, and as it is dialled at home."""
    for number in examples(region, SENT_TO):
        for written in spellings(number):
            assert (written, parse_recipients([written], "CL").numbers) == (written, (e164(number),))
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        for written in (national, "".join(filter(str.isdigit, national)), national.replace(" ", "\u00a0")):
            assert (written, parse_recipients([written], region).numbers) == (written, (e164(number),))


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_an_example_number_never_becomes_another_one(region: str) -> None:
    """Written with a trunk prefix, or without the plus sign, it is that number or refused."""
    for number in examples(region, SENT_TO):
        for written in doubtful_spellings(number, region):
            found = parse_recipients([written], region).numbers
            if _is_another_as_written(written, number):
                assert found == (f"+{written[1:].replace(' ', '')}",)
            else:
                assert (written, found) in {(written, ()), (written, (e164(number),))}


def _is_another_as_written(written: str, number: PhoneNumber) -> bool:
    """Return True for Italy, which has no trunk prefix: with a 0, a mobile number is one of a fixed line in Como."""
    return number.country_code == 39 and written.startswith("+39 03")


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_numbers_that_cost_somebody_are_refused(region: str) -> None:
    """Premium, shared cost, toll-free and universal access: no handset, and perhaps a bill."""
    for number in examples(region, NOT_SENT_TO):
        assert parse_recipients([e164(number)], "CL").numbers == ()


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS))
def test_of_numbers_of_no_country_only_phones_are_sent_to(code: int) -> None:
    """Satellite phones are phones; what is allowed is the deployment's choice."""
    number = phonenumbers.example_number_for_non_geo_entity(code)
    assert number is not None
    is_phone = phonenumbers.number_type(number) == PhoneNumberType.MOBILE
    assert parse_recipients([e164(number)], "CL").numbers == ((e164(number),) if is_phone else ())


def _first_digits(items: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    """Yield the digits with which a parsed pattern of the library can begin."""
    for operation, value in items:
        match str(operation):
            case "LITERAL":
                yield chr(value)
            case "IN":
                for kind, among in value:
                    yield from _of_set(str(kind), among)
            case "SUBPATTERN":
                yield from _first_digits(value[3])
            case "BRANCH":
                for branch in value[1]:
                    yield from _first_digits(branch)
            case "MAX_REPEAT":
                yield from _first_digits(value[2])
                if value[0] == 0:
                    continue
        return


def _of_set(kind: str, among: Any) -> Iterator[str]:  # noqa: ANN401 (a parsed pattern)
    match kind:
        case "LITERAL":
            yield chr(among)
        case "RANGE":
            yield from map(chr, range(among[0], among[1] + 1))
        case "CATEGORY":
            yield from "0123456789"


@pytest.mark.parametrize(
    ("pattern", "first"),
    [(r"0[1-3]\d{2}", "0"), (r"(?:[2-4]|0\d)1", "0234"), (r"5?[67]", "567"), (r"\d9", "0123456789"), ("12|0", "01")],
)
def test_a_patterns_first_digits_are_found(pattern: str, first: str) -> None:
    """The test below rests on it."""
    assert "".join(sorted(set(_first_digits(re._parser.parse(pattern))))) == first


def test_a_zero_stays_where_the_plan_has_one() -> None:
    """The list of countries is the library's; after an update of its metadata it may have to change."""
    kinds = ("fixed_line", "mobile")
    with_zero = set()
    for region in phonenumbers.SUPPORTED_REGIONS:
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        descriptions = [getattr(metadata, kind) for kind in kinds]
        patterns = [one.national_number_pattern for one in descriptions if one and one.national_number_pattern]
        if any("0" in _first_digits(re._parser.parse(pattern)) for pattern in patterns):
            with_zero.add(metadata.country_code)
    assert with_zero == recipients._ZERO_STAYS
