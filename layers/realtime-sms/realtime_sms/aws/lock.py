"""A lock in the outcomes table, with a lease: one holder over all environments, and none for ever."""

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PARTITION = "#lock"  # no request id can be called so


class Lock:
    """The named lock; times in epoch seconds.

    Raises, from either method:
        ClientError, BotoCoreError: the table did not answer.
    """

    def __init__(self, client: "DynamoDBClient", table: str, name: str) -> None:
        self._client = client
        self._table = table
        self._key = {"requestId": {"S": PARTITION}, "recipient": {"S": name}}

    def take(self, owner: str, *, now: float, lease: float) -> bool:
        """Take the lock for `lease` seconds; False while another holds it."""
        try:
            self._client.put_item(
                TableName=self._table,
                Item=self._key | {"owner": {"S": owner}, "heldUntil": {"N": f"{now + lease:.3f}"}},
                ConditionExpression="attribute_not_exists(requestId) OR heldUntil < :now OR #owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":now": {"N": f"{now:.3f}"}, ":owner": {"S": owner}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def free(self, owner: str) -> None:
        """Give the lock back if it is still ours."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=self._key,
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": owner}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
