"""The comparison of desired, recorded and live state, and the plan that comes of it. Pure."""
