"""The send function: from queue messages to submissions with an outcome."""
