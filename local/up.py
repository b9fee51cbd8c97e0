"""`make local`: keep the embedded AWS, the simulator and the console running, and print how to use them."""

import os
import shlex
import signal
import sys
import webbrowser
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from local import SCRATCH, sam_local
from local.console import Console
from local.embedded_aws import PUBLISHERS, REGION, Stack, running_stack
from local.embedded_aws.running import DELIVERY_SECONDS
from local.pages import page

ENVIRONMENT: Final = SCRATCH / "env"
_CONSOLE_PORT: Final = 8025  # the same each time if it is free, so that an open page connects again


def main() -> None:
    """Start everything, print where it is, and wait for Ctrl-C."""
    print("Starting the embedded AWS and the RealTime simulator; building and deploying template.yaml …", flush=True)
    with ExitStack() as running:
        stack = running.enter_context(running_stack(PUBLISHERS))
        running.enter_context(sam_local.relayed_from_bridge(stack.ports))
        sam_local.write(stack)
        stack.set_callbacks()
        try:
            console = running.enter_context(Console(stack, port=_CONSOLE_PORT))
        except OSError:  # the port is taken
            console = running.enter_context(Console(stack))
        _write_environment(stack)
        print(_usage(stack, console.url), end="", flush=True)
        if _has_desktop():
            webbrowser.open(console.url)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


def _write_environment(stack: Stack) -> None:
    values = {**stack.aws.environment, **stack.outputs, "REALTIME_SIMULATOR": stack.realtime_url}
    values |= {"ApiUrl": stack.api_url, "CallbackUrl": f"{stack.api_url}/callbacks"}  # the outputs name AWS's addresses
    tools = shlex.quote(str(Path(sys.executable).parent))  # aws and sam, in the versions that the tests use
    lines = [f"export PATH={tools}:$PATH", *(f"export {name}={shlex.quote(value)}" for name, value in values.items())]
    ENVIRONMENT.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _usage(stack: Stack, console: str) -> str:
    urls = {"console": console, "aws": stack.aws.endpoint_url, "realtime": stack.realtime_url}
    width = max(map(len, urls.values()))
    return page(
        "up.txt",
        **{name: url.ljust(width) for name, url in urls.items()},
        region=REGION,
        seconds=DELIVERY_SECONDS,
        environment=ENVIRONMENT.relative_to(Path.cwd(), walk_up=True),
    )


def _has_desktop() -> bool:
    """Return True if a browser that opens here can be seen: not over SSH and not in CI."""
    if not sys.stdout.isatty() or "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform == "darwin" or any(name in os.environ for name in ("DISPLAY", "WAYLAND_DISPLAY"))


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
