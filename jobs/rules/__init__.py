"""Rules: which acts are told, to whom, how often."""
