"""Manifests: the YAML documents that say what a gateway should look like."""
