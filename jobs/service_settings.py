"""What the operator decides about `greenroom serve`: the table [service] of the settings."""

from __future__ import annotations

import ipaddress

import pydantic
from pydantic import Field


class Service(pydantic.BaseModel):
    """How the service works."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    browsers: int = Field(2, ge=1, le=64, description="how many runs work at the same time")
    memory_mb: int = Field(
        1500, ge=200, le=1_000_000, description="memory (MB) of a run's processes that ends it"
    )
    free_disk_mb: int = Field(
        500, ge=0, description="free disk (MB) below which no run starts; 0 never holds back"
    )
    port: int = Field(
        8790, ge=0, le=65535, description="port of health, metrics and live sockets; 0 for none"
    )
    host: str = Field("127.0.0.1", description="address to answer at; by default this machine only")
    hosts: tuple[str, ...] = Field((), description="further host names that the service goes by")
    origins: tuple[str, ...] = Field(
        (), description="origins of foreign pages that may open sockets"
    )
    drain_seconds: float = Field(
        15.0, ge=1, le=600, description="how long running work may take to stop at the end"
    )
    lease_seconds: float = Field(
        15.0, ge=1, le=300, description="how long the clock stands still after its leader died"
    )

    @pydantic.field_validator("host")
    @classmethod
    def _address(cls, host: str) -> str:
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            raise ValueError("must be an IP address such as 127.0.0.1") from None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return ipaddress.ip_address(self.host).is_loopback
