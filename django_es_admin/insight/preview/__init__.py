"""What a swap would change for those who search, before anybody sees it."""
