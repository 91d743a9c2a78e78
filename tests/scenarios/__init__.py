"""The whole program by its command line: files before, commands, output, files after."""
