"""What Statbate's answers say: pure functions from Payload to Batch."""
