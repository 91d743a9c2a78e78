"""Renderers: plan, health and drift as text, Markdown and JSON. They only render."""
