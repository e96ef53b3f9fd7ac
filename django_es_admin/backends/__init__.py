"""From settings to clients."""
