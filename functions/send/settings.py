"""What the send function reads from its environment."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from realtime_sms.aws.caps import Window, parse_windows
from realtime_sms.aws.hours_settings import HoursSettings
from realtime_sms.aws.rate_limit import Rate
from realtime_sms.aws.schedules import Route
from realtime_sms.aws.settings import (
    LaneSettings,
    ProviderSettings,
    RequestSettings,
    RetrySettings,
    Settings,
    StoreSettings,
)


def _windows(value: object) -> object:
    return parse_windows(value) if isinstance(value, str) else value


class SendSettings(StoreSettings, ProviderSettings, RequestSettings, RetrySettings, LaneSettings, HoursSettings):
    """The send function's environment."""

    forget_key_secret_arn: str
    refresh_function_name: str
    dead_letter_queue_url: str
    recipients_per_call: int = Field(ge=1, le=100)
    calls_in_flight: int = Field(ge=1, le=200)
    max_per_second: int = Field(ge=0)
    promotional_share: int = Field(default=80, ge=1, le=100)  # percent
    retry_server_errors: bool = True
    max_per_recipient: Annotated[tuple[Window, ...], BeforeValidator(_windows)] = ()

    @property
    def rate(self) -> Rate | None:
        """Return the account's rate limit; None if there is none."""
        promotional = max(1, self.max_per_second * self.promotional_share // 100)
        return Rate(self.max_per_second, promotional) if self.max_per_second else None


class ScheduleSettings(Settings):
    """The send function's environment for messages that are sent later; ARNs, but for the group's name."""

    schedule_group: str
    schedule_role_arn: str
    dead_letter_queue_arn: str
    kms_key_arn: str = ""

    @property
    def route(self) -> Route:
        """Return how messages come back."""
        return Route(self.schedule_role_arn, self.dead_letter_queue_arn, self.kms_key_arn)
