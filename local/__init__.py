"""What a developer's machine runs in place of the cloud and the vendor."""
