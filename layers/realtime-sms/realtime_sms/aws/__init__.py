"""Everything that calls AWS."""
