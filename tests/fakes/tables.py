"""The outcomes table as the template has it, on an embedded AWS."""

from typing import TYPE_CHECKING, Any

from tests.template.rendered import rendered

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def outcomes_table(dynamodb: Any, table_name: str = "outcomes") -> "Table":  # noqa: ANN401 (boto3's resources are made at run time)
    """Create the table, empty."""
    told = rendered()["OutcomesTable"]["Properties"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    table: Table = dynamodb.create_table(TableName=table_name, **{name: told[name] for name in wanted})
    return table
