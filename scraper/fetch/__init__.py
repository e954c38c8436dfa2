"""The ways to fetch: in the page, by navigating, over plain HTTP."""
