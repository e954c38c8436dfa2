"""Chaturbate: followed rooms, followers, room chat and the account's token history."""
