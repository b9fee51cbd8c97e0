"""The API function's entry: API Gateway's event in, its reply out."""

import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from api.description import app
from api.incoming import routed
from api.ports import Ports
from api.settings import ApiSettings
from realtime_sms.aws import clients
from realtime_sms.aws.forgotten import Hashes
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.queues import Producer
from realtime_sms.aws.requests import Requests
from realtime_sms.aws.schedules import Schedules
from realtime_sms.aws.settings import read
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Table
from realtime_sms.aws.telemetry import instrumented

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@cache
def _ports() -> Ports:
    settings = read(ApiSettings)
    table = Table(clients.dynamodb(), settings.outcomes_table_name, ttl_days=settings.outcome_ttl_days)
    hashes = Hashes(clients.secrets(), settings.forget_key_secret_arn)
    return Ports(
        requests=Requests(table),
        submissions=Submissions(table),
        producer=Producer(clients.sqs(), settings.queue_urls),
        opt_outs=OptOuts(table, hashes),
        delete_schedule=lambda request_id: Schedules(clients.scheduler(), settings.schedule_group).delete(request_id),
        defaults=settings.defaults,
        hides=hashes.hides,
        now=time.time,
    )


@instrumented
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request."""
    return serve(event, context, _ports())


def serve(event: Mapping[str, Any], context: Any, ports: Ports) -> dict[str, Any]:  # noqa: ANN401 (not used)
    """Answer one request on given ports, whatever it holds; no cache may keep the reply."""
    app.context["ports"] = ports
    reply = app.resolve(routed(event), context)
    reply["multiValueHeaders"]["Cache-Control"] = ["no-store"]
    return reply
