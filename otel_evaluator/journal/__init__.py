"""What was acknowledged and is not finished yet."""
