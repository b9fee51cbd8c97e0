"""The callbacks function for the tests of this folder, and what it logs."""

import io
from collections.abc import Iterator

import pytest

from realtime_sms.aws.telemetry import logger
from tests.callbacks.callbacks import Callbacks
from tests.conftest import Store


@pytest.fixture
def callbacks(store: Store) -> Callbacks:
    """Return the function on an empty table and an empty bus."""
    return Callbacks(store)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Yield what is logged: the logger keeps the stream that it found when it was made."""
    handler, said = logger.registered_handler, io.StringIO()
    before = handler.setStream(said)  # type: ignore[attr-defined]  # it is a StreamHandler
    yield said
    handler.setStream(before)  # type: ignore[attr-defined]
