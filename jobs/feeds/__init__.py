"""Listening: what happens, as it happens, for as long as the service runs."""
