"""What each function reads from its environment, typed and checked at its first use; the template sets every name."""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from realtime_sms.outcomes.submission import Rules
from realtime_sms.requests.hours import Hours
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import MessageType, OptOutScope


def _listed(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class Settings(BaseModel):
    """Values of the environment, under their names in capitals."""

    model_config = ConfigDict(
        alias_generator=str.upper, frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True
    )


class StoreSettings(Settings):
    """The outcomes table; `outcome_ttl_days` is how long an item stays."""

    outcomes_table_name: str
    outcome_ttl_days: int = Field(ge=29)  # longer than queue and dead-letter queue together keep a message


class ProviderSettings(Settings):
    """RealTime, and how it is called; times in seconds."""

    realtime_base_url: str
    token_secret_arn: str
    call_timeout_seconds: float = Field(ge=1, le=30)


class RequestSettings(Settings):
    """The deployment's settings for requests."""

    default_region: str
    default_sender: str
    plain_text_prefixes: Annotated[tuple[str, ...], BeforeValidator(_listed)]
    allowed_prefixes: Annotated[tuple[str, ...], BeforeValidator(_listed), Field(min_length=1)]

    @property
    def defaults(self) -> Defaults:
        """Return them as one value."""
        return Defaults(self.default_region, self.default_sender, self.plain_text_prefixes, self.allowed_prefixes)


class RetrySettings(Settings):
    """How often a submission is tried, and RealTime asked."""

    max_attempts: int = Field(ge=1, le=100)
    reports_asked_per_minute: int = Field(ge=0, le=600)  # 0: RealTime is never asked what became of a message

    @property
    def rules(self) -> Rules:
        """Return the delivery rules with this deployment's numbers."""
        return Rules(max_attempts=self.max_attempts, ask=self.reports_asked_per_minute > 0)


class LaneSettings(Settings):
    """The queue of each message type."""

    send_queue_url: str
    promotional_queue_url: str

    @property
    def queue_urls(self) -> Mapping[MessageType, str]:
        """Return the URLs by message type."""
        return {
            MessageType.TRANSACTIONAL: self.send_queue_url,
            MessageType.PROMOTIONAL: self.promotional_queue_url,
        }


class DaySettings(Settings):
    """By which clock days and hours count."""

    time_zone: ZoneInfo = Field(default_factory=lambda: ZoneInfo("America/Santiago"))
    max_segments_per_day: int = Field(default=0, ge=0)  # 0: as many as there are


class HoursSettings(DaySettings):
    """When promotional messages may go out."""

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


class RefreshSettings(StoreSettings, ProviderSettings):
    """The refresh function's environment."""

    credentials_secret_arn: str


class AnnounceSettings(Settings):
    """The announce function's environment."""

    event_bus_name: str


class ApiSettings(StoreSettings, RequestSettings, LaneSettings):
    """The API function's environment."""

    forget_key_secret_arn: str
    schedule_group: str


class MaintenanceSettings(StoreSettings, ProviderSettings, RequestSettings, RetrySettings, HoursSettings):
    """The maintenance function's environment; mappings are the event source mappings of the lanes, by their ids."""

    transactional_mapping: str
    promotional_mapping: str
    cost_asked_per_minute: int = Field(ge=0, le=600)
    refresh_function_name: str
    dead_letter_queue_url: str


class CallbackSettings(StoreSettings, AnnounceSettings):
    """The callback function's environment."""

    opt_out_scope: OptOutScope = OptOutScope.ALL
    inbound_text: bool = False  # whether the event of an inbound SMS has its text
    callback_key_secret_arn: str
    forget_key_secret_arn: str
    cost_asked_per_minute: int = Field(ge=0, le=600)  # 0: RealTime is never asked what a message cost
    opt_out_words: Annotated[tuple[str, ...], BeforeValidator(_listed)]
    opt_in_words: Annotated[tuple[str, ...], BeforeValidator(_listed)]


@lru_cache
def read[S: Settings](settings: type[S]) -> S:
    """Read a function's settings from the environment, once.

    Raises:
        ValidationError: a name is missing or its value is out of range; it says which.

    """
    return settings.model_validate(dict(os.environ))
