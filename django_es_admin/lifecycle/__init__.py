"""What one does with an index, one verb per module; pages, commands and tasks call these."""
