"""What is declared, what the cluster has, and how the two differ."""
