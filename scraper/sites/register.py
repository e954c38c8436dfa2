"""The sites that Greenroom reads, by name."""

from __future__ import annotations

from collections.abc import Mapping

from scraper import site
from scraper.sites.camsoda.site import SITE as CAMSODA
from scraper.sites.cbhours.site import SITE as CBHOURS
from scraper.sites.chaturbate.site import SITE as CHATURBATE
from scraper.sites.relay.site import SITE as RELAY
from scraper.sites.statbate.site import SITE as STATBATE
from scraper.sites.statbate_plus.site import SITE as STATBATE_PLUS
from scraper.sites.stripchat.site import SITE as STRIPCHAT

SITES: Mapping[str, site.Site] = {
    known.name: known
    for known in (CHATURBATE, CBHOURS, STATBATE, STATBATE_PLUS, STRIPCHAT, CAMSODA, RELAY)
}
