"""The callback function: delivery reports and inbound messages, which RealTime posts to an address with a key in it."""
