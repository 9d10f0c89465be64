"""Where the picture comes from: one small module per kind of source."""
