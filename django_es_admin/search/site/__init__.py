"""The search of a site: what visitors may ask for, and the answer as plain data."""
