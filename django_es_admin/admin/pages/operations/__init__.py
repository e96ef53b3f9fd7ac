"""What can be done to an index: its buttons, plans, records and logs."""
