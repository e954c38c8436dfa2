"""`greenroom people`: what is known of people, who is watched, which names are one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from jobs.cli import running

app = typer.Typer(help="Look at people; watch, note, exclude, merge and split them.")

Username = Annotated[str, typer.Argument(metavar="USERNAME", help="Any name they have had.")]
SiteName = Annotated[str, typer.Option("--site", help="The site they are at.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Days = Annotated[float, typer.Option("--days", min=0.01, help="Changes over so many days.")]


@app.command()
def show(
    context: typer.Context,
    username: Username,
    site: SiteName = "chaturbate",
    days: Days = 7.0,
    steps: Annotated[bool, typer.Option("--steps", help="Every change, one by one.")] = False,
    json: Json = False,
) -> None:
    """Show a person: facts, their sources and ages, changes."""
    from jobs import persons
    from jobs.cli import opening
    from models import moment

    with opening.session(context, json=json) as session, session.database.read() as connection:
        window = persons.window(days, moment.now())
        told = persons.dossier(connection, site, username, window, steps=steps)
    if json:
        print(persons.plain(told))
        return
    for line in persons.lines(told):
        print(line)


@app.command(name="list")
def list_(
    context: typer.Context,
    site: SiteName = "chaturbate",
    sort: Annotated[
        Literal["followers", "viewers", "rank", "gender_rank"],
        typer.Option(help="By which number, the best first."),
    ] = "followers",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    json: Json = False,
) -> None:
    """List people by a number, the best first."""
    from jobs import persons
    from jobs.cli import opening
    from models import current_state

    with opening.session(context, json=json) as session, session.database.read() as connection:
        found = current_state.page(connection, site, sort, limit=limit)
    for state in found:
        fact = state.facts[sort]
        if json:
            print(persons.plain(state))
        else:
            said = f"{fact.value:>9}  {state.username:<24} {state.status:<8}"
            print(f"{said} ({fact.source}, {persons.age(fact.age)} ago)")


@app.command()
def watch(
    context: typer.Context,
    username: Username,
    site: SiteName = "chaturbate",
    where: Annotated[
        str, typer.Option("--list", help="On which list; `priority` is asked about first.")
    ] = "watched",
    note: Annotated[str | None, typer.Option(help="A word to remember it by.")] = None,
) -> None:
    """Let sources be asked about somebody nobody follows."""
    from jobs.cli import opening
    from models import watching

    with opening.session(context) as session, session.database.write() as connection:
        watching.watch(connection, _site(site), _name(username), where, note)
    print(f"{username}: watched, on the list {where}.")


@app.command()
def unwatch(
    context: typer.Context,
    username: Username,
    site: SiteName = "chaturbate",
    where: Annotated[str | None, typer.Option("--list", help="Off this list only.")] = None,
) -> None:
    """Take somebody off watch-lists."""
    from jobs.cli import opening
    from models import watching

    with opening.session(context) as session, session.database.write() as connection:
        off = watching.unwatch(connection, _person(session, site, username), where)
    print(f"{username}: taken off {off} lists." if off != 1 else f"{username}: taken off one list.")


@app.command()
def note(
    context: typer.Context,
    username: Username,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What to write down.")],
    site: SiteName = "chaturbate",
) -> None:
    """Write down something about a person; `search` finds it."""
    from jobs.cli import opening
    from models import notes
    from scraper import errors

    if not text.strip():
        raise errors.BadConfig("bad_request", "a note needs a text")
    with opening.session(context) as session:
        person = _person(session, site, username)
        with session.database.write() as connection:
            notes.add(connection, person, text.strip())
    print(f"{username}: noted.")


@app.command()
def exclude(context: typer.Context, username: Username, site: SiteName = "chaturbate") -> None:
    """Let nobody ask about somebody any more."""
    _exclude(context, site, username, excluded=True)
    print(f"{username}: excluded; nobody asks about them until `people include`.")


@app.command()
def include(context: typer.Context, username: Username, site: SiteName = "chaturbate") -> None:
    """Let sources be asked about somebody again."""
    _exclude(context, site, username, excluded=False)
    print(f"{username}: included again.")


@app.command()
def merge(
    context: typer.Context,
    former: Annotated[str, typer.Argument(metavar="FORMER", help="The name they had.")],
    present: Annotated[str, typer.Argument(metavar="PRESENT", help="The name they have.")],
    site: SiteName = "chaturbate",
) -> None:
    """Take one username for a former name of another."""
    from jobs.cli import opening
    from models import identity
    from scraper import errors

    with opening.session(context) as session:
        ids = [_person(session, site, name) for name in (former, present)]
        try:
            with session.database.write() as connection:
                identity.merge(connection, ids[0], ids[1], "by hand")
        except identity.NotApart as error:
            raise errors.BadConfig("not_possible", f"{former} and {present}: {error}") from error
    print(f"{former} is a former name of {present}; `people split {former}` undoes it.")


@app.command()
def split(context: typer.Context, username: Username, site: SiteName = "chaturbate") -> None:
    """Take a former name for a person of its own again."""
    from jobs.cli import opening
    from models import identity
    from scraper import errors

    with opening.session(context) as session:
        person = _person(session, site, username)
        try:
            with session.database.write() as connection:
                identity.split(connection, person)
        except identity.NotApart as error:
            raise errors.BadConfig("not_possible", f"{username}: {error}") from error
    print(f"{username} is a person of its own again.")


def _exclude(context: typer.Context, site: str, username: str, *, excluded: bool) -> None:
    from jobs.cli import opening
    from models import watching

    with opening.session(context) as session:
        person = _person(session, site, username)
        with session.database.write() as connection:
            watching.exclude(connection, person, excluded=excluded)


def _person(session: running.Session, site: str, username: str) -> int:
    """Return the id of a username as it stands. Raises BadConfig for one never seen."""
    from jobs import persons
    from models import watching

    with session.database.read() as connection:
        found = watching.find(connection, _site(site), username.lower())
    if found is None:
        raise persons.unseen(username, site)
    return found


def _site(name: str) -> str:
    """Return the name of a site whose people are known. Raises BadConfig."""
    from scraper import errors
    from scraper.sites import register

    known = sorted({site.platform or site.name for site in register.SITES.values()})
    if name not in known:
        raise errors.BadConfig("bad_request", f"no site {name}; there are {', '.join(known)}")
    return name


def _name(username: str) -> str:
    """Return a username as sites write it. Raises BadConfig for what cannot be one."""
    import re

    from scraper import errors

    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", username):
        raise errors.BadConfig("bad_request", f"{username!r} is no username")
    return username.lower()
