"""The announce function: publishes changes of the outcomes table as events."""
