"""The pages of one index: its tabs, its documents, one of them beside its object."""
