"""`make local`: the embedded AWS and the simulator, kept running, with the addresses and an environment to source."""

import shlex
import signal
from pathlib import Path

from local import sam_local
from local.stack import PUBLISHERS, running_stack

ENVIRONMENT = Path(__file__).resolve().parents[1] / ".local" / "env"


def main() -> None:
    """Start everything, say where it is, and wait for Ctrl-C."""
    print("Starting the embedded AWS and the RealTime simulator; building and deploying template.yaml …", flush=True)
    with running_stack(PUBLISHERS) as stack, sam_local.relayed(sam_local.bridge_address(), stack.ports):
        sam_local.write(stack)
        values = {**stack.aws.environment, **stack.outputs, "REALTIME_SIMULATOR": stack.realtime_url}
        lines = [f"export {name}={shlex.quote(value)}" for name, value in values.items()]
        ENVIRONMENT.write_text("\n".join(lines) + "\n", encoding="utf-8")
        for name, value in {**stack.outputs, "AWS": stack.aws.endpoint_url, "RealTime": stack.realtime_url}.items():
            print(f"  {name:24} {value}")
        print(f"\nIn another shell:  source {ENVIRONMENT.relative_to(Path.cwd(), walk_up=True)}")
        print(
            '  aws --endpoint-url "$AWS_ENDPOINT_URL" sqs send-message --queue-url "$SendQueueUrl" --message-body '
            '\'{"recipients":["+56912345678"],"sender":"96000","message":{"text":"hello"}}\''
        )
        print('  curl -s "$REALTIME_SIMULATOR/_simulator/inbox"')
        print("  sam local invoke SendFunction -e events/send/submitted-emoji.json  # docs/sam-local.md")
        print("Ctrl-C ends all of it.", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
