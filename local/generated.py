"""Files that are made from the code.

`python -m local.generated` writes them; with `--check` it fails, and names those that are out of step.
To add one, give its path and the function that makes its text to `GENERATED`.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from api import openapi
from local import parameter_docs
from local.fake_realtime import magic_rows
from realtime_sms.outcomes import event
from realtime_sms.outcomes.state_machine import TRANSITIONS, Transition, mermaid
from realtime_sms.requests import model
from realtime_sms.vocabulary import FINAL

ROOT = Path(__file__).parent.parent


def send_request_schema() -> str:
    """Make the JSON Schema of a send request."""
    return _schema(model.json_schema())


def outcome_event_schema() -> str:
    """Make the JSON Schema of the detail of an outcome's event."""
    return _schema(event.json_schema())


def state_machine() -> str:
    """Make the page that draws the states of a submission and lists the ways between them."""
    ends = ", ".join(f"`{status}`" for status in sorted(FINAL))
    return "\n".join(
        [
            "# The states of a submission",
            "",
            "Made from the table in `realtime_sms/outcomes/state_machine.py` by `python -m local.generated`.",
            "",
            "```mermaid",
            mermaid().rstrip("\n"),
            "```",
            "",
            f"Final, so that the queue message may be acknowledged: {ends}.",
            "",
            "| From | By what | To | By whom | Only if |",
            "|---|---|---|---|---|",
            *map(_row, TRANSITIONS),
            "",
        ]
    )


def magic_numbers() -> str:
    """Make the page that lists the simulator's magic numbers."""
    return "\n".join(
        [
            "# The simulator's magic numbers",
            "",
            "Made from the table in `local/fake_realtime/magic.py` by `python -m local.generated`.",
            "",
            "`make demo` and `make local` send to a simulator of RealTime on this machine. A recipient in the table",
            "below chooses what becomes of the call. Every other number, `+56900000000` among them, simply works.",
            "",
            "*Accepted* means that the message reaches the simulated handset, whatever the caller was told.",
            "",
            "Under `make local` the simulator posts a delivery report on each accepted message by itself: the one that",
            "the table names, else 1 (delivered). `make demo` has them posted when it wants them.",
            "",
            "| Number | Name of the outcome | What happens |",
            "|---|---|---|",
            *(f"| `{number}` | `{name}` | {meaning} |" for number, name, meaning in magic_rows()),
            "",
        ]
    )


def _schema(schema: dict[str, Any]) -> str:
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema, indent=2) + "\n"


def _row(row: Transition) -> str:
    source = f"`{row.source}`" if row.source else "*absent*"
    return f"| {source} | {row.trigger} | `{row.target}` | {row.by} | {row.only_if} |"


GENERATED: Mapping[str, Callable[[], str]] = {
    "docs/openapi.json": openapi.text,
    "docs/outcome-event.schema.json": outcome_event_schema,
    "docs/parameters.md": parameter_docs.parameters,
    "docs/roles.md": parameter_docs.roles,
    "docs/send-request.schema.json": send_request_schema,
    "docs/simulator.md": magic_numbers,
    "docs/state-machine.md": state_machine,
}


def write(root: Path, generated: Mapping[str, Callable[[], str]] = GENERATED) -> list[str]:
    """Write the files that are out of step; give their paths."""
    stale = out_of_step(root, generated)
    for path in stale:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(generated[path](), encoding="utf-8")
    return stale


def out_of_step(root: Path, generated: Mapping[str, Callable[[], str]] = GENERATED) -> list[str]:
    """Give the paths of the files that are missing, or not what the code makes now."""
    return [path for path, make in generated.items() if _text(root / path) != make()]


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def main(arguments: Sequence[str], root: Path = ROOT) -> int:
    """Write, or check with `--check`; give the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m local.generated [--check]", file=sys.stderr)
        return 2
    if not arguments:
        for path in write(root):
            print(f"written: {path}")
        return 0
    stale = out_of_step(root)
    for path in stale:
        print(f"out of step: {path} (write it with: python -m local.generated)", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
