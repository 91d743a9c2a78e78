"""Puts an earlier apply back, as a plan like any other."""
