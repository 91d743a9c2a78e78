"""Targets: the live OpenClaw as it is read and written. A reader has no way to write."""
