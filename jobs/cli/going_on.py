"""Go on with the runs that waited for their operator, once the account is ready."""

from __future__ import annotations

from jobs import parking, visit
from jobs.cli import exits, running
from scraper.sites import register


def desk(session: running.Session) -> visit.Desk:
    """Return what visiting a site needs, for a command that is no run."""
    return visit.Desk(
        chosen=session.chosen,
        database=session.database,
        sites=register.SITES,
        environ=session.given.environ,
    )


def go_on(session: running.Session, account_id: int) -> int:
    """Resume the account's waiting runs one after the other; return the first bad exit code.

    Stops when a run waits again: the ones after it would only meet the same.
    """
    with session.database.write() as connection:
        waiting = parking.take_up(connection, account_id)
    came_to = exits.OK
    for run_id in waiting:
        ended = running.execute(session, run_id)
        running.say(session, ended)
        came_to = came_to or exits.OF_STATUS[ended.status]
        if ended.status == parking.WAITING:
            break
    return came_to
