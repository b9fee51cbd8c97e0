"""What the maintenance function reads from its environment."""

from pydantic import Field

from realtime_sms.aws.hours_settings import HoursSettings
from realtime_sms.aws.settings import ProviderSettings, RequestSettings, RetrySettings, StoreSettings


class MaintenanceSettings(StoreSettings, ProviderSettings, RequestSettings, RetrySettings, HoursSettings):
    """The maintenance function's environment; mappings are the event source mappings of the lanes, by their ids."""

    transactional_mapping: str
    promotional_mapping: str
    cost_asked_per_minute: int = Field(ge=0, le=600)
    refresh_function_name: str
    dead_letter_queue_url: str
