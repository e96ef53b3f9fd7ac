"""What rules of synonyms would change for those who search, before they are saved."""
