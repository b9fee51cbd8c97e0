"""What the callbacks function reads from its environment."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from realtime_sms.aws.settings import EventBusSettings, StoreSettings, listed
from realtime_sms.vocabulary import OptOutScope


class CallbackSettings(StoreSettings, EventBusSettings):
    """The callbacks function's environment."""

    opt_out_scope: OptOutScope = OptOutScope.ALL
    inbound_text: bool = False  # whether the event of an inbound SMS has its text
    callback_key_secret_arn: str
    forget_key_secret_arn: str
    cost_asked_per_minute: int = Field(ge=0, le=600)  # 0: RealTime is never asked what a message cost
    opt_out_words: Annotated[tuple[str, ...], BeforeValidator(listed)]
    opt_in_words: Annotated[tuple[str, ...], BeforeValidator(listed)]
