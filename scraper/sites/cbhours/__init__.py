"""CBHours: how models rank, and when they broadcast, for those in its trophy database."""
