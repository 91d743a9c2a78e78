"""Tests that run real OpenClaw releases: how they are installed, boxed in, and asked what they make of a config."""
