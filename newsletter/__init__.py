"""Writes to subscribers: consent, newsletters, sequences."""
