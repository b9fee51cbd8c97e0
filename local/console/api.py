"""The stack's own API, called as its callers do: every call signed for `execute-api`."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.embedded_aws import REGION, Stack

_TIMEOUT_SECONDS = 60  # the first call of a new environment takes seconds


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; the body is decoded JSON."""

    status: int
    body: Any


class Api:
    """The deployed API of a stack, as the account's root user."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.api_url
        environment = stack.aws.environment
        self._credentials = Credentials(environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"])

    def post(self, path: str, body: object) -> Reply:
        """Post a JSON value; where nothing answers, give a problem document that says so, as the API would."""
        content = json.dumps(body).encode()
        try:
            reply = urllib3.request(
                "POST",
                self._url + path,
                body=content,
                headers=self._signed(path, content),
                timeout=_TIMEOUT_SECONDS,
                retries=False,
            )
            return Reply(reply.status, reply.json())
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            detail = f"the embedded AWS gave no answer ({type(error).__name__}); is `make local` still running?"
            return Reply(HTTPStatus.BAD_GATEWAY, {"title": HTTPStatus.BAD_GATEWAY.phrase, "detail": detail})

    def _signed(self, path: str, content: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Host": urlsplit(self._url).netloc}
        request = AWSRequest("POST", self._url + path, headers=headers, data=content)
        SigV4Auth(self._credentials, "execute-api", REGION).add_auth(request)
        return dict(request.headers.items())
