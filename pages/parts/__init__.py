"""What several pages draw, cache or keep."""
