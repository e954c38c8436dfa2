"""How we look: requests, fetches, payloads, and the sites' parsers."""
