"""A code never waits behind a campaign: both lanes under one rate limit, in virtual time."""

from collections import Counter
from collections.abc import Callable

import pytest

from realtime_sms.vocabulary import MessageType
from tests.fakes.quiet import quiet
from tests.proof.rate_limit.account import Terms
from tests.proof.rate_limit.kernel import START
from tests.proof.rate_limit.lanes import PROMOTIONAL, SEND, Lanes

RATE = 10
CAMPAIGN = [f"+569{number:08}" for number in range(2_000)]
CODES = [f"+569{number:08}" for number in range(5_000, 5_010)]
SECONDS = 40
SECONDS_COUNTED = range(2, SECONDS - 1)  # without the first ones, and the last, in which pollers stop
LEAST = 0.95  # of the rate
SLOWEST = 5.0  # seconds, of a code


def _tried(lanes: Lanes) -> Counter[int]:
    """Run the lanes; return how many messages came in each second."""
    lanes.until = START + SECONDS
    with quiet():
        lanes.run()
    assert max(lanes.per_second().values()) <= RATE, "a second is over the rate"
    counts = Counter(int(at - START) for at in lanes.came)
    return Counter({second: counts[second] for second in SECONDS_COUNTED})


@pytest.mark.parametrize("lane", [PROMOTIONAL, SEND], ids=["to its queue", "to the send queue"])
@pytest.mark.parametrize(
    ("after", "share"),
    [(0.0, 80), (12.0, 80), (12.45, 80), (12.9, 80), (12.9, 100)],
    ids=["right after it", "at the begin of a second", "amid a second", "at the end of a second", "without a share"],
)
def test_a_code_does_not_wait_behind_a_campaign(
    lane: str, after: float, share: int, record_property: Callable[[str, object], None]
) -> None:
    """However the campaign was published, and whenever the codes come. The campaign uses its share all the while."""
    lanes = Lanes(Terms(most=RATE, share=share))
    lanes.publish(lane, MessageType.PROMOTIONAL, CAMPAIGN)
    lanes.publish(SEND, MessageType.TRANSACTIONAL, CODES, START + after)
    used = _tried(lanes).total() / (len(SECONDS_COUNTED) * RATE * share / 100)
    slowest = max(lanes.arrived[number] - START - after for number in CODES)
    record_property("tried", f"{lane}, {after}, {share} %: slowest code {slowest:.2f} s, {used:.1%} of the share")
    assert slowest <= SLOWEST
    assert used >= LEAST
    advertised = Counter(int(at) for number, at in lanes.arrived.items() if number in set(CAMPAIGN))
    assert max(advertised.values()) <= RATE * share / 100


@pytest.mark.parametrize("codes", [RATE // 2, 2 * RATE], ids=["half of it", "more than there is"])
def test_codes_and_a_campaign_together_use_the_whole_rate(codes: int) -> None:
    """Codes get what they need of it, up to all, and a campaign what they leave."""
    lanes = Lanes(Terms(most=RATE))
    for second in range(SECONDS):
        numbers = [f"+5698{second:03}{number:04}" for number in range(codes)]
        lanes.publish(SEND, MessageType.TRANSACTIONAL, numbers, START + second + 0.3)
    lanes.publish(PROMOTIONAL, MessageType.PROMOTIONAL, CAMPAIGN)
    assert _tried(lanes).total() >= len(SECONDS_COUNTED) * RATE * LEAST
    coded = Counter(int(at - START) for number, at in lanes.arrived.items() if number.startswith("+5698"))
    sent = sum(coded[second] for second in SECONDS_COUNTED)
    assert sent >= len(SECONDS_COUNTED) * min(codes, RATE) * LEAST
