"""Test support for projects; imports nothing, as pytest loads the plugin in every project."""
