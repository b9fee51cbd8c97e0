"""`rtsms doctor`: check a deployment."""
