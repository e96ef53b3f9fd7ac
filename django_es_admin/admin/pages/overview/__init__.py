"""The dashboard: connections, indices, and what is to be done about them."""
