"""What the operator's own extension in their room sends us, as it happens."""

from __future__ import annotations

from scraper import payload, site


def bridge(errand: site.Errand, layout: site.Layout) -> payload.Request:
    """What comes by the secret in our path, about the target's room unless it names another."""
    return payload.Request(
        url=layout.url("home"),
        kind="bridge",
        via="pushed",
        method="POST",
        veil={
            ".data.tipData.user": ".data.tipData.isAnonymous",
            "events.data.tipData.user": "events.data.tipData.isAnonymous",
        },
        context={"room": (errand.target or errand.username).lower()},
    )


BRIDGE = site.Feed(
    name="bridge",
    summary="Tips, chat, viewers and shows that an extension in the own room tells of.",
    start=bridge,
    way="pushed",
    tokens=("bridge",),
    fills=("transactions",),
)
