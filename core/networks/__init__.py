"""Networks: the architectures, and their weights with cards."""
