"""`rtsms watch`."""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress

import click
from rich.live import Live
from rich.table import Table

from realtime_sms.aws.item import iso
from rtsms.commands.options import on_stack, tells
from rtsms.monitor import LATELY, Look, measure_current
from rtsms.output import Output
from rtsms.stack import Stack
from rtsms.wording import counted


@click.command("watch")
@click.argument("request_id", required=False)
@click.option("--every", type=click.FloatRange(0.5), default=2.0, show_default=True, help="Seconds between two looks.")
@click.option("--once", is_flag=True, help="Look once.")
@tells
@on_stack
def command(*, stack: Stack, out: Output, request_id: str | None, every: float, once: bool) -> None:
    """Watch queues, breakers and outcomes until Ctrl-C.

    And the states of one request, if its id is given.
    """
    looks = (measure_current(stack, request_id, time.time()) for _ in _ticks(0 if once else every))
    with suppress(KeyboardInterrupt):  # how one stops watching
        if once or out.as_json or not out.console.is_terminal:  # a `Live` says nothing there until its end
            for seen in looks:
                out.tell(seen.document, _table(stack, request_id, seen))
            return
        with Live(console=out.console, auto_refresh=False) as live:
            for seen in looks:
                live.update(_table(stack, request_id, seen), refresh=True)


def _ticks(every: float) -> Iterator[None]:
    """Tick at once and then every so many seconds; 0 is once."""
    yield
    while every:
        time.sleep(every)
        yield


def _table(stack: Stack, request_id: str | None, seen: Look) -> Table:
    shown = Table(box=None, pad_edge=False, show_header=False)
    shown.add_row("stack", f"{stack.name}, {iso(seen.at)}")
    shown.add_row("send queue", f"{seen.queue.visible} to be taken up, {seen.queue.in_flight} in flight or waiting")
    shown.add_row("not over", counted(seen.unfinished, "submission"))
    shown.add_row("dead letters", str(seen.dead_letters))
    opened = [f"{one.breaker} open since {iso(one.since)} ({one.reason})" for one in seen.breakers]
    shown.add_row("breakers", "; ".join(opened) or "closed")
    shown.add_row(f"last {LATELY.seconds // 60} min", _states(seen.ended) or "no metric yet")
    if request_id:
        shown.add_row(request_id, _states(seen.states) or "not taken up yet")
    return shown


def _states(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
