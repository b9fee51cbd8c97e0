"""What a function costs at the least: boto3, and the clients that it uses, made while the runtime initialises it."""

import os
from typing import Any

import boto3

_services: list[Any] = os.environ["BENCH_CLIENTS"].split(",")
_clients = [boto3.client(service) for service in _services]


def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Do nothing."""
    return {}
