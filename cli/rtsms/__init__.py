"""The command for people who operate a deployment."""
