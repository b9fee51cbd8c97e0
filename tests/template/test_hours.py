"""The parameters of the sending hours take what the code reads, and refuse what is plainly malformed."""

import re
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from realtime_sms.aws.hours_settings import HoursSettings
from realtime_sms.requests.hours import Hours
from tests.template.rendered import rendered, template

GOOD = ("", "Mon-Fri 09:00-19:00", "Mon-Fri 09:00-19:00, Sat 10:00-14:00", "Sun 00:00-24:00,Mon 00:00-02:00")
BAD = ("always", "Mon", "Mon-Fri 9:00-19:00", "Mon 09:00-19:00,", "Sab 09:00-19:00", "Mon 25:00-26:00", "Mon 09:00")
DAYS = ("", "2026-09-18", "2026-09-18,2026-09-19", "2026-09-18, 2026-12-25")
NO_DAYS = ("18-09-2026", "2026-9-18", "2026-13-01", "2026-09-18,", "September 18")


@pytest.mark.parametrize(
    ("parameter", "good", "bad"), [("PromotionalHours", GOOD, BAD), ("PromotionalHolidays", DAYS, NO_DAYS)]
)
def test_what_the_template_takes_the_code_can_read(parameter: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    """And what it refuses the code refuses too."""
    pattern = template()["Parameters"][parameter]["AllowedPattern"]

    def parse(value: str) -> Hours:
        hours, days = (value, "") if parameter == "PromotionalHours" else ("", value)
        return Hours.parse(hours, days, ZoneInfo("UTC"))

    for value in good:
        assert re.fullmatch(pattern, value), value
        parse(value)
    for value in bad:
        assert not re.fullmatch(pattern, value), value
        with pytest.raises(ValueError, match=parameter):
            parse(value)


@pytest.mark.parametrize("function", ["SendFunction", "MaintenanceFunction"])
def test_hours_reach_the_functions_and_are_off_by_default(function: str) -> None:
    """Both judge by the same."""
    told = {"PromotionalHours": "Mon-Fri 09:00-19:00", "PromotionalHolidays": "2026-11-27", "TimeZone": "UTC"}
    environment = rendered(**told)[function]["Properties"]["Environment"]["Variables"]
    hours = HoursSettings.model_validate(environment).hours
    assert hours is not None
    assert not hours.is_open(1795773600)  # 10:00 of that Friday
    assert hours.is_open(1795773600 - 86_400)
    environment = rendered()[function]["Properties"]["Environment"]["Variables"]
    assert HoursSettings.model_validate(environment).hours is None


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PROMOTIONAL_HOURS", "Fri-Mon 09:00-19:00", "PromotionalHours, rule 1, 'Fri-Mon 09:00-19:00': a week begins"),
        ("PROMOTIONAL_HOLIDAYS", "2026-02-30", "PromotionalHolidays, date 1, '2026-02-30'"),
        ("TIME_ZONE", "America/Santiago_de_Chile", "TIME_ZONE"),
    ],
)
def test_what_the_template_cannot_refuse_fails_the_start_of_a_function(name: str, value: str, says: str) -> None:
    """With an error that says which parameter it is, and what is wrong."""
    with pytest.raises(ValidationError) as caught:
        HoursSettings.model_validate({name: value})
    assert says in str(caught.value)
