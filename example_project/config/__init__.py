"""Settings, URLs and entry points of the example project."""
