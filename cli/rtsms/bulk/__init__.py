"""`rtsms bulk`: send a text to every row of a CSV file."""
