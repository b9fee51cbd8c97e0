"""The whole thing on one machine: the embedded AWS with the real template on it, sending to the RealTime simulator."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.embedded_aws.sam import ROOT, Outputs, build, deploy
from local.embedded_aws.server import ACCOUNT, REGION, EmbeddedAws

STACK_NAME = "realtime-sms"

# Let in, besides the account's own: the topic and the rule that docs/sending.md makes, and one other account.
PUBLISHERS = {
    "PublisherArns": "111111111111",
    "PublisherTopicArns": f"arn:aws:sns:{REGION}:{ACCOUNT}:orders",
    "PublisherRuleArns": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/orders",
}


@dataclass(frozen=True)
class Stack:
    """A deployed stack: the AWS it is on, its outputs, the address of the simulator it sends to, the built template."""

    aws: EmbeddedAws
    outputs: Outputs
    realtime_url: str
    template: Path

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports on loopback that the functions call."""
        return tuple(urlsplit(url).port or 80 for url in (self.aws.endpoint_url, self.realtime_url))

    @property
    def api_url(self) -> str:
        """The address at which the embedded AWS serves the API; the one of `ApiUrl` would be AWS's own."""
        return f"{self.aws.endpoint_url}/_aws/execute-api/{self.outputs['ApiId']}/v1"


@contextmanager
def running_stack(parameters: Mapping[str, str] | None = None, token: str = "local-token") -> Iterator[Stack]:
    """Start the embedded AWS and the simulator, build, deploy, hand in the token; end all of it afterwards.

    `parameters` go to the template, on top of the simulator's address. `token` is what the secret gets and the
    simulator accepts. Raises `EmbeddedAwsError` or `SamError`; prints nothing.
    """
    with ExitStack() as running:
        template = build()
        realtime_url = running.enter_context(realtime_simulator({"tokens": [token]}))
        aws = running.enter_context(EmbeddedAws())
        outputs = deploy(aws, STACK_NAME, {"RealTimeBaseUrl": realtime_url, **(parameters or {})}, template)
        secrets = aws.session().client("secretsmanager")
        credentials = {"client_id": "local-client", "client_secret": "local-secret"}
        secrets.put_secret_value(SecretId=outputs["CredentialsSecretArn"], SecretString=json.dumps(credentials))
        secrets.put_secret_value(SecretId=outputs["TokenSecretArn"], SecretString=json.dumps({"access_token": token}))
        yield Stack(aws, outputs, realtime_url, template)


@contextmanager
def realtime_simulator(settings: Mapping[str, object]) -> Iterator[str]:
    """Run the RealTime simulator in a process of its own, on a free port; yield its address."""
    command = [sys.executable, "-m", "local.fake_realtime", "--port", "0", "--until-stdin-ends"]
    with subprocess.Popen(
        [*command, "--settings", json.dumps(settings)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "layers" / "realtime-sms")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            if process.stdout is None:
                raise AssertionError("a pipe was asked for")
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()
