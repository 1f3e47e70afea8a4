"""Duplicates: rows that ask the same about the same place and answer it alike."""

from checks.duplicates.repeated import Asked, near_duplicates, repeated_pairs

__all__ = ["Asked", "near_duplicates", "repeated_pairs"]
