"""Print which project files and functions run for one warm send: `python -m local.measure`.

The send function's handler gets a queue message with one recipient, after a first one to warm it up. AWS is the
embedded one, RealTime is the simulator, and the environment variables are those of the template.
"""

import contextlib
import importlib
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import yaml

from local import ROOT
from local.embedded_aws import ACCOUNT, REGION, EmbeddedAws
from local.embedded_aws.running import realtime_simulator
from local.events import EVENTS
from local.transformed_template import transformed

_PROJECT = tuple(str(ROOT / folder) + os.sep for folder in ("functions", "layers"))
_EVENT = EVENTS / "send" / "submitted-long.json"
_TOKEN = "local-token"

type Calls = Counter[tuple[str, str]]  # by file and function


def measure() -> Calls:
    """Send twice; return how often each project function was called for the second message.

    Changes the environment of this process, so call it in a process of its own.
    """
    calls: Calls = Counter()
    with _environment() as variables, contextlib.redirect_stdout(io.StringIO()):  # the function's log
        os.environ.update(variables)
        handler = importlib.import_module("send.handler").lambda_handler
        _invoke(handler, "+56912345601")
        with _counted(calls):
            _invoke(handler, "+56912345602")
    return calls


def _invoke(handler: Any, recipient: str) -> None:  # noqa: ANN401 (decorated at run time)
    event = json.loads(_EVENT.read_text(encoding="utf-8"))
    message = {"recipients": [recipient], "sender": "96000", "message": {"text": "Su pedido va en camino."}}
    event["Records"][0] |= {"messageId": f"message-{recipient}", "body": json.dumps(message)}
    context = SimpleNamespace(
        aws_request_id=f"invocation-{recipient}",
        function_name="send",
        memory_limit_in_mb=1024,
        invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:send",
        get_remaining_time_in_millis=lambda: 60_000,
    )
    reply = handler(event, context)
    if reply != {"batchItemFailures": []}:
        raise RuntimeError(f"the send function did not send: {reply}")


@contextmanager
def _counted(calls: Calls) -> Iterator[None]:
    """Count the calls of project functions in all threads; not of comprehensions and lambdas."""
    monitoring = sys.monitoring

    def count(code: CodeType, _offset: int) -> object:
        if not code.co_filename.startswith(_PROJECT) or code.co_name.startswith("<"):
            return monitoring.DISABLE
        calls[str(Path(code.co_filename).relative_to(ROOT)), code.co_qualname] += 1
        return None

    monitoring.use_tool_id(monitoring.PROFILER_ID, "measure")
    monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START, count)
    monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)
    try:
        yield
    finally:
        monitoring.free_tool_id(monitoring.PROFILER_ID)


@contextmanager
def _environment() -> Iterator[dict[str, str]]:
    """Start the embedded AWS and the simulator; yield the send function's environment variables."""
    template = yaml.safe_load(transformed())
    resources = template["Resources"]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    table = {name: resources["OutcomesTable"]["Properties"][name] for name in wanted}
    with realtime_simulator({"tokens": [_TOKEN]}) as realtime_url, EmbeddedAws() as aws:
        session, secret = aws.session(), json.dumps({"access_token": _TOKEN})
        sqs, secrets = session.client("sqs"), session.client("secretsmanager")
        session.client("dynamodb").create_table(TableName="outcomes", **table)
        values = {name: one["Default"] for name, one in template["Parameters"].items() if "Default" in one} | {
            "OutcomesTable": "outcomes",
            "SendQueue": sqs.create_queue(QueueName="send")["QueueUrl"],
            "DeadLetterQueue": sqs.create_queue(QueueName="dead")["QueueUrl"],
            "TokenSecret": secrets.create_secret(Name="token", SecretString=secret)["ARN"],
            "RealTimeBaseUrl": realtime_url,
        }
        variables = resources["SendFunction"]["Properties"]["Environment"]["Variables"]
        yield _resolved(variables, values) | aws.environment


def _resolved(variables: Mapping[str, Any], values: Mapping[str, object]) -> dict[str, str]:
    """Return the variables with these values for what they refer to, else its name; leave out conditional ones."""
    found = {}
    for name, value in variables.items():
        reference = value if isinstance(value, str) else value.get("Ref") or value.get("Fn::GetAtt", [None])[0]
        if reference is not None:
            found[name] = str(values.get(reference, reference))
    return found


def main() -> None:
    """Print each function with its number of calls, and the totals."""
    calls = measure()
    files = sorted({file for file, _ in calls})
    for file in files:
        functions = sorted((name, times) for (place, name), times in calls.items() if place == file)
        print(f"{file}: {len(functions)} functions")
        for name, times in functions:
            print(f"    {times:4} x {name}")
    print(f"{len(files)} files, {len(calls)} functions, {calls.total()} calls")


if __name__ == "__main__":
    main()
