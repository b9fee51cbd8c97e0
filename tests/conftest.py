"""The outcomes table on an embedded AWS, and which tests share a worker."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import batched
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from xdist.scheduler import LoadScopeScheduling

from local.embedded_aws import EmbeddedAws
from tests.fakes.aws import models
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


# What an embedded AWS of any test is called with is checked as calls of the fakes are.
EmbeddedAws.middleware = Path(models.__file__)


@dataclass
class RefusedCalls:
    """The calls that AWS's models refused, of this process's fakes and of every embedded AWS."""

    read: dict[EmbeddedAws, int] = field(default_factory=dict)  # how much of its log

    def take(self) -> list[str]:
        """Return those that were not returned before."""
        found = list(models.faults)
        models.faults.clear()
        for aws in EmbeddedAws.running:
            with aws.log_file.open("rb") as log:
                log.seek(self.read.get(aws, 0))
                found += [line.decode() for line in log if line.startswith(models.REFUSED.encode())]
                self.read[aws] = log.tell()
        return found


_refused_calls = RefusedCalls()


@pytest.fixture(autouse=True)
def refused_calls() -> Iterator[RefusedCalls]:
    """Fail the test that made a call which AWS's models refuse, also where the code goes on after the refusal.

    What a function calls between two tests counts as the second one's.
    """
    yield _refused_calls
    assert not _refused_calls.take()


@dataclass(frozen=True)
class Store:
    """The table, a client for it, and a session of its AWS."""

    client: "DynamoDBClient"
    table: str
    session: boto3.Session

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
        yield Store(session.client("dynamodb"), outcomes_table(session.resource("dynamodb")).name, session)


@pytest.fixture
def store(running_store: Store) -> Store:
    """Return the table, emptied."""
    running_store.clear()
    return running_store
