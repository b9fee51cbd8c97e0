"""Recipients: what a producer wrote, parsed to E.164, with duplicates folded, and what is wrong with the other entries.

Source: ITU-T E.164 (at most 15 digits after `+`); numbering plans as the phonenumbers library knows them. Its patterns
are older than the plans, so a number must only be *possible* for a mobile or a fixed line, not *valid*.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType, ValidationResult

from realtime_sms.requests.errors import Problem
from realtime_sms.requests.written_number import Refused, WrittenNumber, read_written

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SHOWN = 6  # characters from which on a number may be somebody's, and is masked
_MOST_DIGITS = 15
# Countries whose mobile or fixed-line numbers may begin with 0. Elsewhere a 0 there is a trunk prefix, which some
# countries dropped (Chile in 2016) and many lists still have.
_ZERO_STAYS = frozenset({39, 225, 226, 229, 241, 242, 250, 378, 992})
# Numbers of earlier plans, and what the plan made of them.
_RENUMBERED = {
    52: (re.compile(r"(?:1|44|45)(\d{10})"), r"\1"),  # Mexico, 2019: no 1 before, and no 044 or 045 for, mobile numbers
    54: (re.compile(r"9(11|[23]\d{2,3})15(\d{6,8})"), r"9\1\2"),  # Argentina: 9 from abroad, or 15 from within
    55: (re.compile(r"([1-9]\d)([689]\d{7})"), r"\g<1>9\2"),  # Brazil, 2016: a 9 before mobile numbers
}
_LINES = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
_NOT_SENT_TO = {
    PhoneNumberType.PREMIUM_RATE: "premium-rate",
    PhoneNumberType.SHARED_COST: "shared-cost",
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.UAN: "universal access",
}
_UNSURE_OF_ZERO = "may or may not have a 0 after the country's code; write the number as it is dialled from abroad"


@dataclass(frozen=True, slots=True)
class RefusedRecipient:
    """A recipient that is no phone number: its index in the request's list, and why."""

    index: int
    problem: Problem

    @property
    def key(self) -> str:
        """Name its outcome: there is no E.164 number to name it by, so its place does."""
        return self.problem.where


@dataclass(frozen=True, slots=True)
class Recipients:
    """The recipients of one request: distinct E.164 numbers in the order given, and what is no number.

    `places` says for each number where in the request it stands first.
    """

    numbers: tuple[str, ...] = field(repr=False)
    refused: tuple[RefusedRecipient, ...]
    places: tuple[str, ...]


def parse_recipients(entries: Sequence[object], region: str) -> Recipients:
    """Parse every entry; `region` (ISO 3166 alpha-2) is where a number without `+` is dialled."""
    places: dict[str, str] = {}
    refused: list[RefusedRecipient] = []
    for index, entry in enumerate(entries):
        place = f"recipients[{index}]"
        number = parse_number(entry, region)
        if isinstance(number, Refused):
            refused.append(RefusedRecipient(index, Problem(place, number.why)))
        else:
            places.setdefault(number, place)
    return Recipients(tuple(places), tuple(refused), tuple(places.values()))


def canonical(number: str) -> str:
    """Return a number (E.164) as its plan has it today; what is not sent to anyway stays as it is."""
    today = parse_number(number, "")
    return number if isinstance(today, Refused) else today


def mask(number: str) -> str:
    """Shorten a number to its first three and last two characters, so that logs and errors cannot tell whose it is."""
    return number if len(number) < _SHOWN else f"{number[:3]}***{number[-2:]}"


def parse_number(entry: object, region: str) -> str | Refused:
    """Return an entry in E.164; `region` (ISO 3166 alpha-2) is where a number without `+` is dialled."""
    plain = isinstance(entry, str) and _E164.fullmatch(entry)
    written = WrittenNumber(plain[0], plain[0][1:]) if plain else read_written(entry)
    if isinstance(written, Refused):
        return written
    if "+" not in written.text:
        number = _read_national(written.digits, region)
    elif "(0)" in written.text:
        number = _read_optional_zero(written, region)
    else:
        number = _parsed(f"+{written.digits}", region)
        home = phonenumbers.country_code_for_region(region)
        if isinstance(number, PhoneNumber) and number.country_code != home and _lacks_code(written, number, region):
            return Refused("has no country's code after the plus sign")
    if isinstance(number, Refused):
        return number
    if kind := _NOT_SENT_TO.get(phonenumbers.number_type(number)):
        return Refused(f"is a {kind} number; only mobile and fixed-line numbers are sent to")
    if not _is_possible(number):
        return Refused(_why_not_possible(number))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _read_national(digits: str, region: str) -> PhoneNumber | Refused:
    """Read a number without a plus sign; 00 or the code of the region's country may stand first all the same."""
    number = _parsed(digits, region)
    code = str(phonenumbers.country_code_for_region(region))
    if digits.startswith("00"):
        return _one_of(number, _parsed(f"+{digits[2:]}", region))
    if isinstance(number, Refused) or not digits.startswith(code) or _national(number) != digits:
        return number
    with_code = _parsed(f"+{digits}", region)
    if isinstance(with_code, Refused) or not _is_possible(number):
        return with_code
    valid = (phonenumbers.is_valid_number(number), phonenumbers.is_valid_number(with_code))
    trunk_prefix = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True)
    if valid == (True, False) and not (trunk_prefix and _is_possible(with_code)):
        return number  # in a country with a trunk prefix, a national number would rather begin with that
    if valid == (False, True):
        return with_code
    return Refused(f"begins with {code}, which may be the country's code or not; begin it with +")


def _one_of(dialled: PhoneNumber | Refused, with_plus: PhoneNumber | Refused) -> PhoneNumber | Refused:
    """Return the reading of 00 that makes a number; 00 is not how every country dials abroad."""
    readings = [one for one in (dialled, with_plus) if not isinstance(one, Refused)]
    numbers = [one for one in readings if _is_possible(one) or phonenumbers.is_valid_number(one)]
    if len(numbers) > 1 and dialled != with_plus:
        return Refused("begins with 00, which is not how this country dials abroad; begin it with +")
    return numbers[0] if numbers else with_plus


def _read_optional_zero(written: WrittenNumber, region: str) -> PhoneNumber | Refused:
    """Read `+44 (0)20 …`: the 0 is dialled within the country only; in Italy it belongs to fixed lines."""
    without = _parsed("+" + re.sub(r"\D", "", written.text.replace("(0)", "", 1)), region)
    if isinstance(without, Refused) or without.country_code not in _ZERO_STAYS:
        return without
    found = [one for one in (_parsed(f"+{written.digits}", region), without) if not isinstance(one, Refused)]
    valid = [one for one in found if phonenumbers.is_valid_number(one)]
    return valid[0] if len(valid) == 1 else Refused(_UNSURE_OF_ZERO)


def _lacks_code(written: WrittenNumber, number: PhoneNumber, region: str) -> bool:
    """Return True if the plus sign stands before a national number: `+9 8765 4321` would be a number of Iran."""
    first = re.match(r"\D*(\d+)(?=\D)", written.text)
    if first and len(first[1]) < len(str(number.country_code)):
        return True
    if phonenumbers.is_valid_number(number):
        return False
    national = _parsed(written.digits, region)
    if isinstance(national, Refused) or _national(national) != written.digits:
        return False
    return _is_possible(national) and not _is_possible(number, _LINES[:1])


def _parsed(text: str, region: str) -> PhoneNumber | Refused:
    """Parse digits, with or without a plus sign, and bring them into today's numbering plan."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        return Refused(_why_not_parsed(error, text))
    code = number.country_code
    if not number.italian_leading_zero and code not in _RENUMBERED:
        return number
    national = _national(number)
    if code in _ZERO_STAYS and _only_valid_without_zero(number):
        return Refused(_UNSURE_OF_ZERO)
    if code not in _ZERO_STAYS:
        national = national.removeprefix("0")
    if code in _RENUMBERED:
        pattern, replacement = _RENUMBERED[code]
        national = pattern.sub(replacement, national) if pattern.fullmatch(national) else national
    if national == _national(number):
        return number
    if national[:1] in {"", "0"}:
        return Refused("begins with zeros")
    return PhoneNumber(country_code=code, national_number=int(national))


def _only_valid_without_zero(number: PhoneNumber) -> bool:
    national = _national(number)
    if national[:1] != "0" or phonenumbers.is_valid_number(number):
        return False
    return phonenumbers.is_valid_number(phonenumbers.parse(f"+{number.country_code}{national[1:]}"))


def _national(number: PhoneNumber) -> str:
    return phonenumbers.national_significant_number(number)


def _is_possible(number: PhoneNumber, lines: tuple[int, ...] = _LINES) -> bool:
    if len(f"{number.country_code}{number.national_number}") > _MOST_DIGITS:
        return False
    possible = (phonenumbers.is_possible_number_for_type_with_reason(number, line) for line in lines)
    return ValidationResult.IS_POSSIBLE in possible


def _why_not_possible(number: PhoneNumber) -> str:
    national, where = _national(number), f"a number of +{number.country_code}"
    if _is_possible(PhoneNumber(number.country_code, int(f"{national}0"))):
        return f"is one digit short for {where}"
    if _is_possible(PhoneNumber(number.country_code, int(national[:-1] or 0))):
        return f"has one digit too many for {where}"
    result = phonenumbers.is_possible_number_with_reason(number)
    if result == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return "lacks its area code"
    too_few = result == ValidationResult.TOO_SHORT
    return f"has {'too few' if too_few else 'too many'} digits for {where}"


def _why_not_parsed(error: NumberParseException, text: str) -> str:
    if error.error_type == NumberParseException.TOO_LONG:
        return "has too many digits; give each number its own entry"
    if error.error_type != NumberParseException.INVALID_COUNTRY_CODE:
        return "has too few digits"
    return "begins with no country's code" if text[0] in "+0" else "has no country's code; begin it with + and the code"
