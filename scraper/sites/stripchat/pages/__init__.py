"""What Stripchat's answers say: pure functions from Payload to Batch."""
