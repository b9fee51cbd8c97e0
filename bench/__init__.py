"""The benchmark behind `make bench`: every goal of `docs/performance.md`, measured side by side in one run."""
