"""What is known of a message's way to the phone: a total order of states, of which only the highest counts.

Reports come late, doubled and in any order. The state is the maximum of all that was heard, so no order of them gives
another one. Source: RealTime SMS API v2, *Receive delivery reports* (status 0 to 5) and *Get SMS info* (status words).
"""

from dataclasses import dataclass
from enum import StrEnum

# Seconds after the submission, and then after each asking, at which RealTime is asked what became of it.
ASK_AFTER = (600, 1_800, 7_200, 28_800, 86_400, 172_800)


class Delivery(StrEnum):
    """Where a message is that RealTime took, lowest first: what is told later in this list outweighs what is earlier.

    That a phone has it outweighs all else. A refusal for good outweighs a failure, and that the end of waiting.
    """

    PENDING = "pending"
    EXPIRED = "expired"
    UNDELIVERED = "undelivered"
    REJECTED = "rejected"
    DELIVERED = "delivered"

    @property
    def settled(self) -> bool:
        """Say whether nothing more is to be expected."""
        return self is not Delivery.PENDING

    @property
    def outweighed(self) -> "tuple[Delivery, ...]":
        """Give the states that this one outweighs."""
        return _ORDER[: _ORDER.index(self)]


_ORDER = tuple(Delivery)


class DeliveryReason(StrEnum):
    """Why a message did not arrive, where a report says so; each belongs to one state."""

    BAD_NUMBER = "bad_number"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class News:
    """What one report, or one answer to our asking, says of a delivery."""

    delivery: Delivery
    reason: DeliveryReason | None = None

    def outweighs(self, known: "News | None") -> bool:
        """Say whether it is to be kept in place of what is known: a higher state, or the same one and now why."""
        if known is None or known.delivery in self.delivery.outweighed:
            return True
        return self.delivery is known.delivery and self.reason is not None and known.reason is None
