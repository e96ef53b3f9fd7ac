"""Random changes under faults: at the end the index must equal the database (docs/torture.md)."""
