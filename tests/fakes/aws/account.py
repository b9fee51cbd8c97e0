"""The fakes of AWS's services as one account, for the clients of this process.

`AwsServer` serves it on loopback; `respond` stands where botocore would sign and send a call.
"""

import json
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSResponse, HTTPHeaders

from tests.fakes.aws.dynamodb import FakeDynamoDb
from tests.fakes.aws.errors import Refused
from tests.fakes.aws.models import BY_PATH, check_request, check_rest
from tests.fakes.aws.secretsmanager import FakeSecretsManager
from tests.fakes.aws.sqs import FakeSqs


class FakeAws(FakeDynamoDb, FakeSqs, FakeSecretsManager):
    """What the functions use of DynamoDB, SQS, Secrets Manager and Lambda."""

    def clear(self) -> None:
        """Empty the table and the queues; secrets stay."""
        self.items.clear()
        self.letters.clear()
        self.sent.clear()
        self.groups.clear()
        self.full = False
        self.postponed.clear()
        self.claims = 0

    def answer(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out an operation.

        Raises:
            Refused: AWS would answer with an error.

        """
        answer: dict[str, Any] = getattr(self, operation)(request)
        return answer

    def respond(self, model: Any, params: Mapping[str, Any], **_: object) -> tuple[AWSResponse, Mapping[str, Any]]:  # noqa: ANN401 (botocore's model of an operation)
        """Answer as botocore's event `before-call` allows; the call was checked and written by botocore."""
        try:
            headers = {name.lower(): str(value) for name, value in params["headers"].items()}
            if model.service_model.service_name in BY_PATH:
                check_rest(model.service_model.service_name, params["method"], params["url"], headers, params["body"])
            check_request(params["method"], params["url"], headers, params["body"])
            status, answer = 200, self.answer(model.name, json.loads(params["body"]))
        except Refused as error:
            status, answer = 400, {"Error": {"Code": str(error), "Message": ""}}
        return AWSResponse(params["url"], status, HTTPHeaders(), None), answer

    def Invoke(self, _request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name)
        """Run a function that changes nothing: to the refresh function, the token is as good as any."""
        return {}
