"""The shop's products as modelsearch declares them."""
