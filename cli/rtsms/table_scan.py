"""Read the whole outcomes table in parallel, at a limited rate, and show the progress."""

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

import click

from rtsms.output import Output
from rtsms.stack import Stack

_SEGMENTS = 4  # of the parallel scan

type Item = dict[str, Any]

rate_option = click.option(
    "--rate",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    help="Read units a second that the scan of the table may use; one is 8 KB.",
)


def scan_items(stack: Stack, out: Output, rate: int) -> Iterator[Item]:
    """Yield every item of the table, at most `rate` read units a second; one page of each segment is in memory."""
    table, read = stack.store(_SEGMENTS), 0
    with ThreadPoolExecutor(_SEGMENTS) as pool:
        segments = [table.scan(number, _SEGMENTS) for number in range(_SEGMENTS)]
        reading = {pool.submit(_next_page, one, rate / _SEGMENTS): one for one in segments}
        while reading:
            for future in wait(reading, return_when=FIRST_COMPLETED).done:
                segment = reading.pop(future)
                if (page := future.result()) is None:
                    continue
                reading[pool.submit(_next_page, segment, rate / _SEGMENTS)] = segment
                read += len(page)
                if not out.as_json:
                    click.echo(f"\r{read:,} items read", nl=False, err=True)
                yield from page
    if not out.as_json:
        click.echo(err=True)


def _next_page(segment: Iterator[tuple[list[Item], float]], rate: float) -> list[Item] | None:
    """Read the next page of a segment, and wait until its read units are paid off; return None at the end."""
    page = next(segment, None)
    if page is None:
        return None
    items, units = page
    time.sleep(units / rate)
    return items
