"""What the server saw, for tests that must prove a number of calls."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Counts since the start or the last reset.

    `posts` are whole *Send SMS* requests read, refused ones too; `in_flight` are those of which no byte of the reply
    was written yet, `in_flight_most` the most there were at once; `redirect_hits` are requests that followed a
    redirect. Recipients never show in a repr.
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
        """Note that one more *Send SMS* call is in flight."""
        self.posts += 1
        self.in_flight += 1
        self.in_flight_most = max(self.in_flight_most, self.in_flight)

    def leave(self) -> None:
        """Note that a *Send SMS* call is about to be answered, or its caller left."""
        self.in_flight -= 1

    def as_json(self) -> dict[str, object]:
        """Give the counts as the control API lists them."""
        return {
            "posts": self.posts,
            "auths": self.auths,
            "balances": self.balances,
            "infos": self.infos,
            "redirectHits": self.redirect_hits,
            "inFlight": self.in_flight,
            "inFlightMost": self.in_flight_most,
            "postsByRecipient": dict(self.posts_by_recipient),
        }
