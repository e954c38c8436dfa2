"""Stripchat: the status of rooms, the account's own earnings, and the rooms it favours."""
