"""SMS that phones send back (MO), as the vendor posts them to the customer's own address."""

import json
from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Inbound:
    """One SMS from a phone (E.164) to the number that had written to it; text and phone never in its repr.

    `statuses` are what the customer's address answered to each post, None for no answer.
    """

    id: str
    phone: str = field(repr=False)
    originator: str
    message: str = field(repr=False)
    sent_at: float
    statuses: list[int | None] = field(default_factory=list)

    def body(self) -> bytes:
        """Give it as the vendor posts it: phone without `+`, no id, no time."""
        phone = self.phone.removeprefix("+")
        return json.dumps({"phone": phone, "originator": self.originator, "message": self.message}).encode()

    def as_json(self) -> dict[str, object]:
        """Give it as the control API lists it, with the last answer of the customer's address."""
        statuses = tuple(self.statuses)
        return {
            "id": self.id,
            "phone": self.phone,
            "originator": self.originator,
            "message": self.message,
            "sentAt": self.sent_at,
            "posts": len(statuses),
            "status": statuses[-1] if statuses else None,
        }
