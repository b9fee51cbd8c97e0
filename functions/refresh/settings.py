"""What the refresh function reads from its environment."""

from realtime_sms.aws.settings import ProviderSettings, StoreSettings


class RefreshSettings(StoreSettings, ProviderSettings):
    """The refresh function's environment."""

    credentials_secret_arn: str
