"""What functions read from their environment about days and sending hours."""

from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from realtime_sms.aws.settings import Settings
from realtime_sms.requests.hours import Hours


class HoursSettings(Settings):
    """The time zone of days and hours, how much a day may send, and when promotional messages may be sent."""

    time_zone: ZoneInfo = Field(default_factory=lambda: ZoneInfo("America/Santiago"))
    max_segments_per_day: int = Field(default=0, ge=0)  # 0: as many as there are
    promotional_hours: str = ""
    promotional_holidays: str = ""

    @model_validator(mode="after")
    def _are_readable(self) -> Self:
        Hours.parse(self.promotional_hours, self.promotional_holidays, self.time_zone)
        return self

    @property
    def hours(self) -> Hours | None:
        """Return the sending hours; None if promotional messages may always go out."""
        if not self.promotional_hours and not self.promotional_holidays:
            return None
        return Hours.parse(self.promotional_hours, self.promotional_holidays, self.time_zone)
