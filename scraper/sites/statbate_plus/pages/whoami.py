"""Who is signed in, as any page of the application says."""

from __future__ import annotations

from models import records
from scraper import payload, site
from scraper.sites.statbate_plus.pages import inertia


def whoami(answer: payload.Payload, layout: site.Layout) -> payload.Batch:
    """Read the signed-in user's e-mail address (its name if there is none)."""
    user = inertia.user(answer, inertia.read(answer, layout), layout)
    check = records.Check(
        source="logged_in_user.username",
        moment=payload.context_text(answer.request, "moment"),
        value=(user.email or user.name).lower(),
    )
    return payload.Batch(records=(check,))
