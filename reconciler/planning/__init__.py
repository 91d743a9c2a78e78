"""From manifests and a target to a plan."""
