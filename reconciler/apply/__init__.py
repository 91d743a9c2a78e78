"""Carries out a plan, and undoes what can't be finished."""
