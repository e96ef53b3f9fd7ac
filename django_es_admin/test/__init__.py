"""Test support for projects. Nothing is imported, because pytest loads the plugin everywhere."""
