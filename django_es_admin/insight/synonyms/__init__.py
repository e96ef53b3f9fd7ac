"""What rules of synonyms would change for users who search, before they are saved."""
