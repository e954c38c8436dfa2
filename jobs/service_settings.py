"""What the operator decides about `greenroom serve`: the table [service] of the settings."""

from __future__ import annotations

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
        8790, ge=0, le=65535, description="port of health and metrics on loopback; 0 for none"
    )
    drain_seconds: float = Field(
        15.0, ge=1, le=600, description="how long running work may take to stop at the end"
    )
    lease_seconds: float = Field(
        15.0, ge=1, le=300, description="how long the clock stands still after its leader died"
    )
