"""Judges of paths: one file and one class each."""
