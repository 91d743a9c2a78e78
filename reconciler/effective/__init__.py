"""What OpenClaw will really use, and what beats a managed value or lies open."""
