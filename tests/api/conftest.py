"""An API on fakes for each test."""

import pytest

from tests.api.fakes import FakeApi


@pytest.fixture
def api() -> FakeApi:
    """Return an API that knows nothing yet."""
    return FakeApi()
