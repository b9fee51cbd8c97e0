"""The checks of the deployment's own limits: how much of the daily cap is used, and holidays that are over."""

import time
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from realtime_sms.aws.caps import DailyCap, day_of
from realtime_sms.requests.hours import Hours
from rtsms.doctor.findings import Finding, doubt, good
from rtsms.stack import Stack

_NEARLY_FULL = 80  # percent, as DailyCapAlarm has it


def check_daily_cap(stack: Stack) -> Iterator[Finding]:
    """Check how much of today's segments is used."""
    most = int(stack.parameters.get("MaxSegmentsPerDay", 0))  # older versions have no cap
    if not most:
        yield good("daily cap", "off")
        return
    used = DailyCap(stack.store(), most, _zone(stack)).percent(time.time())
    said = f"{used} % of today's {most:,} segments are used"
    if used < _NEARLY_FULL:
        yield good("daily cap", said)
    else:
        yield doubt("daily cap", said, "raise MaxSegmentsPerDay, or let the rest wait for tomorrow")


def past_holidays(stack: Stack) -> Iterator[Finding]:
    """Report PromotionalHolidays if all its dates are past."""
    zone = _zone(stack)
    holidays = Hours.parse("", stack.parameters.get("PromotionalHolidays", ""), zone).holidays
    if holidays and max(holidays) < day_of(time.time(), zone):
        said = f"the last date of PromotionalHolidays, {max(holidays)}, is over"
        yield doubt("stack", said, "add the next ones, or empty the parameter; then deploy")


def _zone(stack: Stack) -> ZoneInfo:
    return ZoneInfo(stack.parameters.get("TimeZone", "UTC"))
