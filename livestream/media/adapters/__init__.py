"""Servers that bring a picture to viewers: one module per server, all with one protocol."""
