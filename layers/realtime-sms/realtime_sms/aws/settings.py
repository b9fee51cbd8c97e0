"""What several functions read from their environment, typed and checked at its first use; the template sets all names.

What one function reads is in the `settings.py` of its folder.
"""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from realtime_sms.outcomes.submission import Rules
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import MessageType


def listed(value: object) -> object:
    """Split a list with commas."""
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
    plain_text_prefixes: Annotated[tuple[str, ...], BeforeValidator(listed)]
    allowed_prefixes: Annotated[tuple[str, ...], BeforeValidator(listed), Field(min_length=1)]

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


class EventBusSettings(Settings):
    """Where events go."""

    event_bus_name: str


@lru_cache
def read[S: Settings](settings: type[S]) -> S:
    """Read a function's settings from the environment, once.

    Raises:
        ValidationError: a name is missing or its value is out of range; it says which.

    """
    return settings.model_validate(dict(os.environ))
