"""What can be set on the simulated account and its server, at the start and while it runs."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from local.fake_realtime.postman import POST_AGAIN_SECONDS

type Order = Literal["kept", "reversed", "shuffled"]
Address = Annotated[str, Field(pattern=r"^https?://[^/]+")]


class Settings(BaseModel):
    """The account's terms and the server's habits; field names are in camel case where they travel as JSON.

    `tokens` are valid without authentication and until revoked. `validity_seconds` holds for tokens issued later.
    `allowed_senders` None allows any well-formed sender. `order` is that of the results within one reply, which the
    vendor promises nowhere. `latency_ms` passes between accepting and replying: the worst case for a caller that gives
    up. `delivery_seconds` pass between accepting and the final delivery status.

    `reports_url` and `inbound_url` are the customer's addresses, which the vendor's support sets. With the first one a
    report is posted for each message as soon as its status is final; without, only when told. What an address does not
    answer with 200 is posted again after each of `post_again_seconds`.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    tokens: frozenset[str] = Field(default=frozenset({"local-token"}), repr=False)
    client_id: str = Field(default="local-client", repr=False)
    client_secret: str = Field(default="local-secret", repr=False)
    validity_seconds: int = Field(default=3600, ge=0)
    one_token_at_a_time: bool = False
    balance: Decimal = Field(default=Decimal("1000000.00"), ge=0, decimal_places=2)
    allowed_senders: frozenset[str] | None = None
    max_recipients: int = Field(default=1000, ge=1)
    order: Order = "kept"
    latency_ms: float = Field(default=0, ge=0)
    slow_seconds: float = Field(default=60, ge=0)
    drip_seconds: float = Field(default=1, ge=0)
    oversize_bytes: int = Field(default=10_000_000, ge=1)
    retry_after_seconds: int = Field(default=1, ge=0)
    delivery_seconds: float = Field(default=0, ge=0)
    reports_url: Address | None = Field(default=None, repr=False)
    inbound_url: Address | None = Field(default=None, repr=False)
    post_again_seconds: tuple[Annotated[float, Field(ge=0)], ...] = POST_AGAIN_SECONDS
