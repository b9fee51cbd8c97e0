"""Run the simulator as a process: its address comes as one JSON line, then nothing more."""

import argparse
import json
import signal
import ssl
import sys
import threading

from local.fake_realtime.server import Simulator
from local.fake_realtime.settings import Settings


def main() -> None:
    """Serve until SIGTERM, SIGINT, or, where asked to, the end of standard input."""
    options = _options()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settings = Settings.model_validate_json(options.settings)
    with Simulator(settings, host=options.host, port=options.port, tls=_tls(options)) as simulator:
        print(json.dumps({"url": simulator.url, "port": simulator.port}), flush=True)
        if options.until_stdin_ends:
            threading.Thread(target=_await_end_of_stdin, args=(stop,), daemon=True).start()
        stop.wait()


def _await_end_of_stdin(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.fake_realtime", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (a free one)")
    parser.add_argument("--settings", default="{}", help='a JSON object, such as {"latencyMs": 50}')
    parser.add_argument("--certificate", help="serve TLS with this PEM chain")
    parser.add_argument("--key", help="the PEM key of the certificate")
    parser.add_argument("--until-stdin-ends", action="store_true", help="stop with the process that started it")
    return parser.parse_args()


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if options.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    return context


if __name__ == "__main__":
    main()
