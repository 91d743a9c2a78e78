"""Declarative configuration of OpenClaw gateways for the SiliconFlow model service."""

# A literal, because importlib.metadata costs more than the rest of the start-up.
__version__ = "0.1.0"
