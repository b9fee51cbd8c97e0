"""The files in events/callbacks, each through the callbacks function, to what it is named for."""

from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from callbacks.receive import receive
from local.events import Event, differences, events_of, returned
from tests.callbacks.callbacks import Callbacks
from tests.conftest import Store
from tests.fakes.aws.secretsmanager import SecretsClient


@pytest.mark.parametrize("event", list(events_of("callbacks")), ids=lambda event: event.name)
def test_an_event_comes_to_what_it_is_named_for(store: Store, event: Event) -> None:
    """Its reply, and what the table holds then."""
    for item in event.given.items:
        written = {name: TypeSerializer().serialize(value) for name, value in item.items()}
        store.client.put_item(TableName=store.table, Item=written)
    key = str(event.given.secrets["CallbackKeySecretArn"])
    callbacks = Callbacks(store, secrets=SecretsClient({"AWSCURRENT": key}))
    assert returned(event, receive(event.payload, callbacks.ports)) == []
    held = _held(store)
    wanted = event.expected.items
    assert differences(wanted, {request_id: held.get(request_id, {}) for request_id in wanted}) == []


def _held(store: Store) -> dict[str, dict[str, Any]]:
    held: dict[str, dict[str, Any]] = {}
    for item in store.items():
        read = {name: TypeDeserializer().deserialize(value) for name, value in item.items()}
        held.setdefault(read["requestId"], {})[read["recipient"]] = read
    return held
