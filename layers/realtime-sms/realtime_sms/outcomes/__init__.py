"""The outcome of a submission: its states, its changes, and its JSON forms."""
