"""The main job from end to end against the bundled practice site, told as it happens."""

from __future__ import annotations

import base64
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from fixtures.practice import client
from jobs import config_file, environment, exports, orders, report, settings
from models import db
from scraper import errors

ACCOUNT = "demo"
STATS_ACCOUNT = "demo_stats"
MARK = ".greenroom-demo"
"""Tells that a folder is a demo's and may be made anew."""

Run = Callable[[orders.Wish], report.Report]


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a demo plays: its folder, the settings text and the environment it needs."""

    folder: Path
    config: str
    environ: Mapping[str, str]


def stage(world: client.Practice, folder: Path) -> Stage:
    """Make an empty folder for the demo. Raises BadConfig when it holds something else."""
    if folder.exists() and not (folder / MARK).exists():
        raise errors.BadConfig("bad_request", f"{folder} is not a demo's folder; name another")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    config = f"""\
# The demo's settings: the practice site on this machine, unpaced.
[storage]
directory = "data"

[sites.chaturbate]
base_url = "{world.chaturbate}"
requests_per_minute = 0

[sites.statbate_plus]
base_url = "{world.statbate_plus}"
requests_per_minute = 0

[accounts.{ACCOUNT}]
site = "chaturbate"
username = "{world.username}"

[accounts.{STATS_ACCOUNT}]
site = "statbate_plus"
username = "{world.username}"
"""
    (folder / config_file.NAME).write_text(config, "utf-8")
    environ = {
        environment.password_variable(name): world.password for name in (ACCOUNT, STATS_ACCOUNT)
    }
    environ[environment.KEY] = base64.b64encode(secrets.token_bytes(32)).decode()
    return Stage(folder=folder, config=config, environ=environ)


def play(world: client.Practice, run: Run, say: Callable[[str], None]) -> bool:
    """Collect everything, let the world move on, collect again; return whether all went well."""
    wishes = [
        wish("chaturbate.followed"),
        wish("chaturbate.followers"),
        wish("chaturbate.chat"),
        wish("chaturbate.tips"),
        wish("statbate_plus.chat", account=STATS_ACCOUNT, target=world.username),
    ]
    well = [_told(run(one), say) for one in wishes]
    say("")
    say("now three people leave and two join at the practice site, and both lists are read again")
    world.churn_random(seed=11, joins=2, leaves=3, follows=1, unfollows=1)
    well += [_told(run(one), say) for one in wishes[:2]]
    return all(well)


def wish(collector: str, *, account: str = ACCOUNT, target: str | None = None) -> orders.Wish:
    """Return what the demo asks for."""
    return orders.Wish(collector=collector, account=account, requested_by="demo", target=target)


def export(
    world: client.Practice, chosen: settings.Settings, database: db.Database, folder: Path
) -> tuple[Path, int, int]:
    """Export the followers; return the file, its lines, and how many are true."""
    place = folder / "followers.csv"
    asked = exports.Wish(what="followers", account=ACCOUNT, form="csv", output=str(place))
    exports.to_file(chosen, database, asked)
    names = [line.split(",")[0] for line in place.read_text("utf-8").splitlines()[1:]]
    true = set(world.truth()["followers"])
    right = sum(name in true for name in names) if len(names) == len(true) else 0
    return place, len(names), right


def _told(ended: report.Report, say: Callable[[str], None]) -> bool:
    for line in report.lines(ended):
        say(line)
    return ended.status == "ok"
