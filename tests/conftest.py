"""The outcomes table on an embedded AWS, and which tests share a worker."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from local.embedded_aws import EmbeddedAws
from tests.fakes.tables import outcomes_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


# Folders whose tests share what takes long to start; a folder stands before the one that it is in.
SHARED = [
    PurePosixPath("tests", folder)
    for folder in ("stack/callers", "stack/functions", "stack/snapstart", "stack", "proof/processes")
]


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each `SHARED` folder to one worker, and every other test to whichever worker is free."""

    def _split_scope(self, nodeid: str) -> str:
        module = PurePosixPath(nodeid.partition("::")[0])
        return next((str(folder) for folder in SHARED if folder in module.parents), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:  # noqa: ANN401 (xdist has no type)
    """Schedule by folder: under pytest 9.2, `--dist loadgroup` of pytest-xdist 3.8 silently forms no groups."""
    return Scheduling(config, log)


@dataclass(frozen=True)
class Store:
    """The table, and a client for it."""

    client: "DynamoDBClient"
    table: str

    def items(self) -> list[dict[str, Any]]:
        """Return everything in it."""
        return [dict(item) for item in self.client.scan(TableName=self.table, ConsistentRead=True)["Items"]]

    def clear(self) -> None:
        """Delete everything in it."""
        for some in batched(self.items(), 25, strict=False):
            requests: Any = [
                {"DeleteRequest": {"Key": {name: item[name] for name in ("requestId", "recipient")}}} for item in some
            ]
            self.client.batch_write_item(RequestItems={self.table: requests})


@pytest.fixture(scope="session")
def running_store() -> Iterator[Store]:
    """Yield the table, for all tests."""
    with EmbeddedAws() as aws:
        session = aws.session()
        yield Store(session.client("dynamodb"), outcomes_table(session.resource("dynamodb")).name)


@pytest.fixture
def store(running_store: Store) -> Store:
    """Return the table, emptied."""
    running_store.clear()
    return running_store
