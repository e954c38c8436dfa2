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
        from jobs import settings

        chosen = settings.load(self.config, self.environ)
        self.log(chosen)
        return chosen

    def log(self, chosen: settings.Settings) -> None:
        """Begin to log, without the secrets that these settings and the environment hold."""
        from jobs import logs, settings_show

        hidden = settings_show.secrets(chosen, self.environ)
        logs.configure(json=self.json_logs, level=self.level, secrets=hidden)


def of(context: typer.Context) -> State:
    """Return what the global options of this command line say."""
    state: State = context.find_root().obj
    return state
