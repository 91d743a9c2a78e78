"""Reports: golden files, saved plans, and what holds for any text."""
