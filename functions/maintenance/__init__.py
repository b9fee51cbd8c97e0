"""The maintenance function: ends submissions that nothing else ends, closes breakers, and opens and closes lanes."""
