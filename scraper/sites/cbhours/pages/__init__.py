"""What the answers of CBHours state: a pure function for each kind."""
