"""Entries, templates and the static site."""
