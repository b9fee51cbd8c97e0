"""The callbacks function's entry: API Gateway's event in, its reply out."""

import time
from functools import cache
from typing import TYPE_CHECKING, Any

from callbacks.keys import CallbackKeys
from callbacks.keywords import Keywords
from callbacks.receive import Ports, receive
from callbacks.settings import CallbackSettings
from realtime_sms.aws import clients
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.event_bus import EventBus
from realtime_sms.aws.forgotten import Hashes
from realtime_sms.aws.opt_outs import OptOuts
from realtime_sms.aws.settings import read
from realtime_sms.aws.table import Table
from realtime_sms.aws.telemetry import instrumented
from realtime_sms.aws.unmatched_reports import UnmatchedReports

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@cache
def _ports() -> Ports:
    settings = read(CallbackSettings)
    table = Table(clients.dynamodb(), settings.outcomes_table_name)
    hashes = Hashes(clients.secrets(), settings.forget_key_secret_arn)
    return Ports(
        keys=CallbackKeys(clients.secrets(), settings.callback_key_secret_arn),
        deliveries=Deliveries(table, ask_cost=settings.cost_asked_per_minute > 0),
        unmatched_reports=UnmatchedReports(table),
        opt_outs=OptOuts(table, hashes),
        hashes=hashes,
        keywords=Keywords.of(settings.opt_out_words, settings.opt_in_words),
        bus=EventBus(clients.events(), settings.event_bus_name, rounds=1),  # who posted it is the one who repeats
        opt_out_scope=settings.opt_out_scope,
        inbound_text=settings.inbound_text,
        now=time.time,
    )


@instrumented
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Answer one callback."""
    return receive(event, _ports())
