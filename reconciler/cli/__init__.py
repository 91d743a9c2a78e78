"""The command line: commands parse, call, render and exit. One file a command."""
