"""What the API function reads from its environment."""

from realtime_sms.aws.settings import LaneSettings, RequestSettings, StoreSettings


class ApiSettings(StoreSettings, RequestSettings, LaneSettings):
    """The API function's environment."""

    forget_key_secret_arn: str
    schedule_group: str
