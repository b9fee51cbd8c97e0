"""The refresh function: gets a new access token, on a schedule and on demand, one refresh at a time."""
