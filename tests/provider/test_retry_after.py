"""`Retry-After` in seconds (RFC 9110 §10.2.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_sms.provider.client import retry_after

NOW = 1_751_364_000.0  # Tue, 01 Jul 2025 10:00:00 GMT


@pytest.mark.parametrize(
    ("value", "date", "expected"),
    [
        (None, None, None),
        ("0", None, 0.0),
        ("120", None, 120.0),
        (" 120 ", None, 120.0),
        ("-5", None, 0.0),
        ("", None, None),
        ("1.5", None, None),
        ("soon", None, None),
        ("1" * 400, None, None),
        ("²", None, None),
        ("Tue, 01 Jul 2025 10:01:00 GMT", None, 60.0),
        ("Tue, 01 Jul 2025 09:00:00 GMT", None, 0.0),
        ("Tue, 01 Jul 2025 10:01:00 GMT", "Tue, 01 Jul 2025 10:00:30 GMT", 30.0),
        ("Tue, 01 Jul 2025 10:01:00 GMT", "whenever", 60.0),
        ("Tuesday, 01-Jul-25 10:01:00 GMT", None, 60.0),
        ("Tue Jul  1 10:01:00 2025", None, 60.0),
        ("Tue, 32 Jul 2025 10:01:00 GMT", None, None),
    ],
)
def test_a_wait_is_whole_seconds_or_a_date(value: str | None, date: str | None, expected: float | None) -> None:
    """A date counts by the clock that wrote it, where the reply shows that clock."""
    assert retry_after(value, date, NOW) == expected


@given(st.text(), st.text() | st.none())
def test_no_header_can_raise(value: str, date: str | None) -> None:
    """A reply that came whole is never lost for a header that cannot be read."""
    wait = retry_after(value, date, NOW)
    assert wait is None or wait >= 0
