"""The command line: each module turns options into a call of one subcommand's logic, and its answer into output."""
