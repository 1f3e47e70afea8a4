"""Measurements anyone can repeat on their own folder; they import nothing of what they judge."""
