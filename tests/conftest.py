"""The outcomes table on an embedded AWS, so that conditions are judged by a store and not by a fake."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Any

import pytest

from local.embedded_aws import EmbeddedAws
from tests.fakes.tables import outcomes_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Store:
    """The table, and a client for it."""

    client: "DynamoDBClient"
    table: str

    def items(self) -> list[dict[str, Any]]:
        """Give everything in it."""
        return [dict(item) for item in self.client.scan(TableName=self.table, ConsistentRead=True)["Items"]]

    def clear(self) -> None:
        """Empty it."""
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
    """Give the table, empty."""
    running_store.clear()
    return running_store
