"""What a relay's answers say: pure functions from Payload to Batch."""
