"""The statements with which records become rows, each for a whole set at once."""

from __future__ import annotations

from models import bulk

SEEN_PERSONS = """
    INSERT INTO persons (site, username, role, first_seen, last_seen)
    SELECT ?, key, value, ?, ? FROM json_each(?) WHERE true
    ON CONFLICT (site, username) DO UPDATE SET
        role = CASE
            WHEN excluded.role IN ('unknown', persons.role) THEN persons.role
            WHEN persons.role = 'unknown' THEN excluded.role
            ELSE 'both' END,
        first_seen = CASE WHEN excluded.first_seen < persons.first_seen
            THEN excluded.first_seen ELSE persons.first_seen END,
        last_seen = CASE WHEN excluded.last_seen > persons.last_seen
            THEN excluded.last_seen ELSE persons.last_seen END
    WHERE excluded.first_seen < persons.first_seen
       OR excluded.last_seen > persons.last_seen
       OR excluded.role NOT IN ('unknown', persons.role) AND persons.role <> 'both'
    RETURNING username, id"""
PERSONS = "SELECT username, id FROM persons WHERE site = ? AND username IN ANY ?"

LISTING_PAGES = bulk.Upsert(
    "listing_pages",
    ("listing_id", "part", "position", "payload_id", "step", "rows", "fresh", "declared", "ends"),
)
LISTING_CHECKS = bulk.Upsert("listing_checks", ("listing_id", "source", "moment", "value"))
LISTING_ENTRIES = bulk.Upsert("listing_entries", ("listing_id", "person_id", "part"))
# CROSS JOIN is how SQLite is told to begin with the few names, not with the many entries
ENTERED = """
    SELECT count(*) FROM persons p CROSS JOIN listing_entries e
    WHERE p.site = ? AND p.username IN ANY ?
      AND e.listing_id = ? AND e.person_id = p.id AND e.part = ?"""

STREAMS = bulk.Upsert("streams", ("account_id", "source", "room", "site", "place"))
STREAM = "SELECT id FROM streams WHERE account_id = ? AND source = ? AND room = ?"

_ACT = ("stream_id", "key", "at", "kind", "person_id", "tokens", "text", "private", "payload_id")
INTERACTIONS = bulk.Upsert("interactions", _ACT)
FULLER_INTERACTIONS = bulk.Upsert(
    "interactions",
    _ACT,
    """ON CONFLICT (stream_id, key) DO UPDATE SET
        person_id = coalesce(interactions.person_id, excluded.person_id),
        tokens = coalesce(interactions.tokens, excluded.tokens),
        text = coalesce(interactions.text, excluded.text),
        payload_id = CASE WHEN excluded.payload_id < interactions.payload_id
            THEN excluded.payload_id ELSE interactions.payload_id END""",
)
SIBLINGS = """
    SELECT o.id, o.source, o.account_id, o.site, o.place FROM streams o JOIN (
        SELECT DISTINCT site, place FROM streams WHERE id IN ANY ?) t
    ON o.site = t.site AND o.place = t.place"""
# CROSS JOIN is how SQLite is told to begin with the few spans, not with the many acts
_AROUND = """
    SELECT i.id, i.stream_id, i.key, i.at, i.kind,
        coalesce((SELECT r.username FROM persons q JOIN persons r ON r.id = q.same_as
            WHERE q.site = ? AND q.username = p.username), p.username),
        i.tokens, i.text, i.same_as
    FROM json_each(?) span CROSS JOIN interactions i LEFT JOIN persons p ON p.id = i.person_id
    WHERE i.stream_id IN ANY ? AND i.at >= {since} AND i.at <= {until}
      AND i.kind IN ANY ? AND (i.kind <> 'tip' OR i.tokens IN ANY ?)"""
AROUND = {
    "sqlite": _AROUND.format(since="span.key", until="span.value"),
    "postgresql": _AROUND.format(since="span.key::timestamptz", until="span.value::timestamptz"),
}
BY_NAME = """
    SELECT p.username, i.stream_id, i.key, i.at, i.kind, i.tokens FROM interactions i
    JOIN persons p ON p.id = i.person_id
    WHERE p.username IN (SELECT username FROM persons WHERE id IN ANY ?) ORDER BY i.at"""
SAME_AS = """
    UPDATE interactions AS i SET same_as = CAST(v.value AS bigint) FROM json_each(?) v
    WHERE i.id = CAST(v.key AS bigint)"""
KNOWN_INTERACTIONS = """
    SELECT key, payload_id, person_id IS NULL, tokens IS NULL, text IS NULL FROM interactions
    WHERE stream_id = ? AND key IN ANY ?"""

CURSORS = bulk.Upsert(
    "cursors",
    ("account_id", "collector", "target", "value", "run_id"),
    """ON CONFLICT (account_id, collector, target) DO UPDATE SET
        value = excluded.value, run_id = excluded.run_id
        WHERE excluded.run_id > cursors.run_id
           OR excluded.run_id = cursors.run_id AND excluded.value <> cursors.value""",
)
