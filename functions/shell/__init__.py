"""The only code that touches AWS, the network, the clock and the environment."""
