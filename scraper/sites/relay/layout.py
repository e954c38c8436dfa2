"""Where things stand at a relay of tips (the multi-platform listener's contract, confidence H)."""

from __future__ import annotations

from scraper import site

LAYOUT = site.Layout(
    base_url="http://127.0.0.1:5000",
    endpoints={"home": "/", "events": "/events/{platform}"},
    selectors={
        "challenge_text": "<title>Just a moment...</title>",
        "slow_down_text": "Too Many Requests",
        "anonymous_text": "Anonymous",
    },
    sizes={},
)
