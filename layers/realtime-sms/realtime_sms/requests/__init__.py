"""What a producer may ask for: from the body of a message to texts that can be sent."""
