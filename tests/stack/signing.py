"""Callers of the deployed API, who sign what they ask as AWS wants it (Signature Version 4, service execute-api)."""

import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.embedded_aws import Stack
from tests.acceptance.account import AccountStack

TIMEOUT_SECONDS = 240  # the first calls of new environments are slow on a machine that runs other stacks beside


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Any
    body: Any


@dataclass(frozen=True)
class Caller:
    """Somebody with credentials, or nobody, and the address of the API."""

    url: str
    credentials: Credentials | None = None
    region: str = ""

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        """Call the API; a body that is no text is written as JSON."""
        content = body if isinstance(body, str) else None if body is None else json.dumps(body)
        given = {"Content-Type": "application/json"} if content is not None else {}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if content is None else content.encode()
        signed = self.sign(method, self.url + path, given, data)
        reply = urllib3.request(
            method, self.url + path, headers=signed, body=data, timeout=TIMEOUT_SECONDS, retries=False
        )
        return Reply(reply.status, reply.headers, reply.json() if reply.data else None)

    def sign(self, method: str, url: str, headers: dict[str, str], data: bytes | None) -> dict[str, str]:
        """Return the headers with those of the signature."""
        if self.credentials is None:
            return headers
        request = AWSRequest(method, url, headers={**headers, "Host": urlsplit(url).netloc}, data=data)
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(request)
        return dict(request.headers.items())

    def __call__(self, request: Any) -> Any:  # noqa: ANN401 (requests calls its authenticators so, and has no types)
        """Sign a prepared request of the `requests` library."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        kept = {
            name: value
            for name, value in request.headers.items()
            if name.lower() in {"content-type", "idempotency-key"}
        }
        request.headers.update(self.sign(request.method, request.url, kept, body))
        return request


def api_url(stack: Stack, api_id: str | None = None) -> str:
    """Return the address of an API, by default the stack's."""
    return stack.api_url if api_id is None else stack.api_url.replace(stack.outputs["ApiId"], api_id)


def user(stack: Stack, *allowed: str, api_id: str | None = None) -> Caller:
    """Make a user who may do what is named of an API, such as `POST/messages`, and nothing else."""
    if isinstance(stack, AccountStack):  # a new user's keys hold some seconds later there
        assert allowed == ("*",), "a test of other permissions needs the embedded AWS"
        return Caller(stack.api_url, stack.aws.session().get_credentials(), stack.aws.region)
    iam = stack.aws.session().client("iam")
    name = f"caller-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    if allowed:
        arn = f"arn:aws:execute-api:{stack.aws.region}:{stack.aws.account}:{api_id or stack.outputs['ApiId']}/v1"
        resources = [f"{arn}/{one}" for one in allowed]
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="call", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Caller(api_url(stack, api_id), Credentials(key["AccessKeyId"], key["SecretAccessKey"]), stack.aws.region)
