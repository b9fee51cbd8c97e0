"""The send function: turns queue messages into submissions, sends them, and records their outcomes."""
