"""What Statbate Plus's answers say: pure functions from Payload to Batch."""
