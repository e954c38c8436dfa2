"""Tell systemd how the service is: ready, reloading, alive, stopping (sd_notify(3))."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress


def tell(environ: Mapping[str, str], *lines: str) -> bool:
    """Send lines such as `READY=1`; return whether there was a service manager to hear them."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # a name of its own, not a file
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.sendto("\n".join(lines).encode(), address)
        return True
    return False


def watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    """Return how often systemd wants a sign of life: half of WATCHDOG_USEC; None if it does not."""
    wanted, meant = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not wanted.isdigit() or (meant and meant != str(os.getpid())):
        return None
    return int(wanted) / 2_000_000
