"""Run the simulator as a process; it prints its address as one line of JSON."""

import argparse
import json
import signal
import sys
import threading

from local.fake_realtime.server import Simulator
from local.fake_realtime.settings import Settings


def main() -> None:
    """Serve until SIGTERM, SIGINT, or with `--until-stdin-ends` the end of standard input."""
    parser = argparse.ArgumentParser(prog="python -m local.fake_realtime", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port to listen on; default: a free one")
    parser.add_argument("--settings", default="{}", help='a JSON object, such as {"latencyMs": 50}')
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop when standard input ends")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Simulator(Settings.model_validate_json(options.settings), port=options.port) as simulator:
        print(json.dumps({"url": simulator.url, "port": simulator.port}), flush=True)
        if options.until_stdin_ends:
            threading.Thread(target=_await_end_of_stdin, args=(stop,), daemon=True).start()
        stop.wait()


def _await_end_of_stdin(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


if __name__ == "__main__":
    main()
