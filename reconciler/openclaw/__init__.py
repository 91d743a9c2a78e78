"""What a live OpenClaw looks like: where its files are, which release it is, which shapes that release takes."""
