"""The web door of the service: health and metrics, telemetry, and sockets for live screens."""
