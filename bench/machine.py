"""What the figures were measured on."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_PACKAGES = (
    "boto3", "botocore", "urllib3", "pydantic", "aws-lambda-powertools", "awslambdaric",
    "smsutil", "sms-toolkit", "gsm0338", "aiosmpplib", "smspdudecoder", "bitstring",
)  # fmt: skip


def described() -> dict[str, str]:
    """Give processor, system, interpreter and the versions of what is measured, and the load that was there before."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": ", ".join(_versions(_PACKAGES)),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")


def _versions(packages: Sequence[str]) -> list[str]:
    return [f"{name} {version(name)}" for name in packages]
