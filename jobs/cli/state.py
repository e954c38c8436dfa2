"""What every command shares: the global options, and the settings they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

    from jobs import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The global options as given, and the environment as it was at the start."""

    environ: Mapping[str, str]
    config: Path | None = None
    json_logs: bool = False
    level: str = "INFO"

    def start(self) -> settings.Settings:
        """Read the settings and begin to log by them. Raises BadConfig."""
        from jobs import logs, settings, settings_show

        chosen = settings.load(self.config, self.environ)
        hidden = settings_show.secrets(chosen, self.environ)
        logs.configure(json=self.json_logs, level=self.level, secrets=hidden)
        return chosen


def of(context: typer.Context) -> State:
    """Return what the global options of this command line say."""
    state: State = context.find_root().obj
    return state
