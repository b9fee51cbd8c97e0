"""`make simulate`: the scenarios of the tests at larger bounds, several at once, with progress.

Each is tried with faults of RealTime only, with faults of AWS only, and with both. The exit status is 0 if no promise
was broken. A scenario with too many states is shown as *not all*, with how many things may go wrong in a history for
every one of those to have been tried.
"""

import gc
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import partial

import click

from local.model_checker.explorer import Explored, explore
from local.model_checker.scenario import FURTHEST, SCENARIOS, Bounds, Scenario


def _progress(name: str, considered: int, waiting: int) -> None:
    print(f"  {name}: {considered:,} states considered, {waiting:,} waiting", file=sys.stderr, flush=True)


def _explored(scenario: Scenario, most_states: int) -> Explored:
    explored = explore(scenario, progress=partial(_progress, scenario.name), most_states=most_states)
    gc.collect()  # its states refer to each other, and would stay until the process has twice as many
    return explored


@click.command()
@click.option("--crashes", default=FURTHEST.crashes, show_default=True)
@click.option("--duplicates", default=FURTHEST.duplicates, show_default=True)
@click.option("--faults", default=FURTHEST.faults, show_default=True)
@click.option("--pauses", default=FURTHEST.pauses, show_default=True, help="How many of the faults may be pauses.")
@click.option("--most-states", default=500_000, show_default=True, help="Of each scenario; it bounds memory.")
@click.option("--processes", default=None, type=int, help="How many scenarios at once; one a processor unless told.")
def main(crashes: int, duplicates: int, faults: int, pauses: int, most_states: int, processes: int | None) -> None:  # noqa: PLR0913, PLR0917 (the options)
    """Try every order of events up to these bounds."""
    bounds = Bounds(crashes, duplicates, faults, pauses)
    broken: list[str] = []
    with ProcessPoolExecutor(processes) as pool:
        ways = [way for scenario in SCENARIOS for way in replace(scenario, bounds=bounds).by_fault()]
        tried = [pool.submit(_explored, way, most_states) for way in ways]
        for one in as_completed(tried):
            explored = one.result()
            print(explored, flush=True)
            print("".join(f"    {step}\n" for step in explored.broken), end="")
            broken += explored.broken
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
