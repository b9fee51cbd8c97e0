from local.console.numbers import groups
from local.fake_realtime import magic_rows

NUMBERS = {one["number"]: one for group in groups() for one in group["numbers"]}


def test_every_magic_number_is_offered_once() -> None:
    """And the one that simply works, first."""
    assert next(iter(NUMBERS)) == "+56900000000"
    assert sorted(NUMBERS) == sorted(["+56900000000", *(number for number, _, _ in magic_rows())])
    assert sum(len(group["numbers"]) for group in groups()) == len(NUMBERS)


def test_each_says_what_it_leads_to() -> None:
    """By the rules that the send function goes by."""
    expected = {
        "+56900000000": (["submitted"], None),
        "+56900000400": (["failed"], None),
        "+56900000404": (["waiting"], "endpoint"),
        "+56900000405": (["waiting"], "endpoint"),
        "+56900000406": (["failed"], None),
        "+56900000502": (["unknown"], None),
        "+56900000503": (["waiting"], None),
        "+56900001503": (["waiting", "submitted"], None),
        "+56900000401": (["waiting"], "auth"),
        "+56900001401": (["submitted"], None),
        "+56900001502": (["unknown"], None),
        "+56900002503": (["waiting"], None),
        "+56900003010": (["unknown"], None),
        "+56900004001": (["unknown"], None),
        "+56900004008": (["unknown"], None),
        "+56900005001": (["waiting"], "balance"),
        "+56900005006": (["unknown"], None),
        "+56900006002": (["submitted"], None),
    }
    assert {number: (NUMBERS[number]["leadsTo"], NUMBERS[number]["breaker"]) for number in expected} == expected
