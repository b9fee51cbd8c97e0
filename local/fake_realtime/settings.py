"""What can be set in the simulator, and what it counts."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from local.fake_realtime.callbacks import POST_AGAIN_SECONDS

Address = Annotated[str, Field(pattern=r"^https?://[^/]+")]


class Settings(BaseModel):
    """The account's terms and the server's behaviour; in JSON the names are in camel case.

    `tokens` are valid without authentication, until revoked. `validity_seconds` applies to tokens issued later.
    `allowed_senders` None allows every well-formed sender. `prices` of a segment are by the prefix of the number; it is
    1 where none fits. `order` is the order of the results within one reply; RealTime promises none. `latency_ms` passes
    between accepting a call and replying, the worst case for a caller that gives up. `delivery_seconds` pass between
    accepting a message and its final delivery status.

    `reports_url` and `inbound_url` are the customer's callback addresses. With `reports_url` the simulator posts a
    report for each message when its status is final; without it, only on demand. It posts again after each of
    `post_again_seconds` until the address answers with 200.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    tokens: frozenset[str] = Field(default=frozenset({"local-token"}), repr=False)
    client_id: str = Field(default="local-client", repr=False)
    client_secret: str = Field(default="local-secret", repr=False)
    validity_seconds: int = Field(default=3600, ge=0)
    one_token_at_a_time: bool = False
    balance: Decimal = Field(default=Decimal("1000000.00"), ge=0, decimal_places=2)
    prices: dict[str, Annotated[Decimal, Field(ge=0, decimal_places=2)]] = Field(default_factory=dict)
    allowed_senders: frozenset[str] | None = None
    max_recipients: int = Field(default=1000, ge=1)
    order: Literal["kept", "reversed", "shuffled"] = "kept"
    latency_ms: float = Field(default=0, ge=0)
    slow_seconds: float = Field(default=60, ge=0)
    drip_seconds: float = Field(default=1, ge=0)
    oversize_bytes: int = Field(default=10_000_000, ge=1)
    retry_after_seconds: int = Field(default=1, ge=0)
    delivery_seconds: float = Field(default=0, ge=0)
    reports_url: Address | None = Field(default=None, repr=False)
    inbound_url: Address | None = Field(default=None, repr=False)
    post_again_seconds: tuple[Annotated[float, Field(ge=0)], ...] = POST_AGAIN_SECONDS

    def price_to(self, recipient: str) -> Decimal:
        """Return the price of a segment to a number, by its longest prefix."""
        prefix = max(filter(recipient.startswith, self.prices), key=len, default="")
        return self.prices.get(prefix, Decimal(1))


@dataclass
class Counters:
    """Counts since the start or the last reset.

    `posts` are complete *Send SMS* requests, refused ones too. `in_flight` are those whose reply has not begun, and
    `in_flight_most` is their maximum. `redirect_hits` are requests that followed a redirect. Recipients are not in
    the repr.
    """

    posts: int = 0
    auths: int = 0
    balances: int = 0
    infos: int = 0
    redirect_hits: int = 0
    in_flight: int = 0
    in_flight_most: int = 0
    posts_by_recipient: Counter[str] = field(default_factory=Counter, repr=False)

    def enter(self) -> None:
        self.posts += 1
        self.in_flight += 1
        self.in_flight_most = max(self.in_flight_most, self.in_flight)

    def as_json(self) -> dict[str, object]:
        values = {**vars(self), "posts_by_recipient": dict(self.posts_by_recipient)}
        return {to_camel(name): value for name, value in values.items()}
