"""The dashboard: connections, indices, and their problems."""
