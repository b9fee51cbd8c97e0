"""The announce function: from changes of the outcomes table to events on the bus."""
