"""`greenroom doctor`: one line for everything that a run needs."""

from __future__ import annotations

import asyncio

import typer

from jobs.cli import exits, state


def doctor(context: typer.Context) -> int:
    """Examine configuration, disk, database, clock, browser and practice site."""
    from jobs import doctor as examination

    chosen = state.of(context).start()

    async def examine() -> bool:
        well = True
        async for one in examination.examine(chosen):
            well = well and one.ok
            print(f"{'ok   ' if one.ok else 'WRONG'} {one.name}: {one.found}", flush=True)
            if not one.ok:
                print(f"      remedy: {one.remedy}")
        return well

    return exits.OK if asyncio.run(examine()) else exits.FAILED
