"""What a swap would change for users who search, before it happens."""
