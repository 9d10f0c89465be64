"""Measurements. Each ``bench_*.py`` prints one JSON line; ``make bench`` runs them all."""
