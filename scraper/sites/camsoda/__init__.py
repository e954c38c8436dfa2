"""Camsoda: the status of rooms, who is online, and the rooms that the account follows."""
