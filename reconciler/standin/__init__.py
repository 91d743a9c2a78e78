"""A stand-in for SiliconFlow on loopback: the demo's other half, and the service that the tests talk to."""

from __future__ import annotations

from reconciler.standin.chat import Reply, ToolCall
from reconciler.standin.faults import FAULTS, Fault, redirect
from reconciler.standin.server import DEMO_KEY, Recorded, StandIn

__all__ = ["DEMO_KEY", "FAULTS", "Fault", "Recorded", "Reply", "StandIn", "ToolCall", "redirect"]
