"""English, the day first."""
