"""Statbate Premium: what its REST API tells of rooms, models, members and tags."""
