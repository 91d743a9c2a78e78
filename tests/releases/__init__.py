"""What every stable OpenClaw release makes of the same few stages; prints the table of docs/releases.md."""
