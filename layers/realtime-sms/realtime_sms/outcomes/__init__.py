"""What became of a submission: its states, what changes them, and its JSON forms."""
