"""Shows at the end of a run what the tests of the promise have tried: bounds, states and seconds."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded under `tried`."""
    reports = [report for some in terminalreporter.stats.values() for report in some]
    tried = [
        value
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, value in report.user_properties
        if name == "tried"
    ]
    if tried:
        terminalreporter.section("delivery: bounds are crashes/duplicates/faults/pauses")
        for line in tried:
            terminalreporter.line(str(line))
