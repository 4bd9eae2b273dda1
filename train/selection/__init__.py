"""Choosing settings and measuring learning curves, on training rows alone: many small fits, kept as they come."""
