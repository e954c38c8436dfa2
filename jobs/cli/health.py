"""`greenroom doctor`: one line for everything that a run needs."""

from __future__ import annotations

import asyncio

import typer

from jobs.cli import exits, state


def doctor(context: typer.Context) -> int:
    """Examine all that a run needs, each with its remedy."""
    from jobs import doctor as examination
    from scraper import redact

    given = state.of(context)
    chosen = given.start()

    async def examine() -> bool:
        well = True
        async for one in examination.examine(chosen, given.environ):
            well = well and one.ok
            remedy = "" if one.ok else f"; remedy: {one.remedy}"
            said = redact.text(f"{one.name}: {one.found}{remedy}")
            print(f"{'ok   ' if one.ok else 'WRONG'} {' '.join(said.split())}", flush=True)
        return well

    return exits.OK if asyncio.run(examine()) else exits.FAILED
