"""What an event caused on a deployed stack, against what it is named for."""

from local.events import Event, differences
from tests.stack.deployment import Deployment


def problems(deployed: Deployment, event: Event) -> list[str]:
    """Name every item and every handset that is not as the event must leave it."""
    expected = event.expected
    wanted: dict[str, object] = {}
    got: dict[str, object] = {}
    for request_id, items in {event.name: expected.outcomes, **expected.items}.items():
        held = deployed.items(request_id)
        wanted |= {f"{request_id} {key}": told for key, told in items.items()}
        got |= {f"{request_id} {key}": held.get(key) for key in items}
    wanted |= {f"handset {number}": [text] for number, text in expected.handsets.items()}
    got |= {f"handset {number}": deployed.texts(number) for number in expected.handsets}
    return differences(wanted, got)
