"""Template tags of pages that join several apps."""
