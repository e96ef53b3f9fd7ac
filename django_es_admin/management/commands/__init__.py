"""One module per command; each parses its input, calls one function and shows its result."""
