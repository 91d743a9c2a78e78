"""Is the endpoint there, does it take the key, does it serve the declared models? Asked without spending a token."""
