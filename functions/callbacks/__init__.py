"""The callbacks function: takes delivery reports and inbound SMS that RealTime posts to an address with a key."""
