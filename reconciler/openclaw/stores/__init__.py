"""What OpenClaw keeps beside its config: the auth store in its three shapes, one file each, and the secret store."""
