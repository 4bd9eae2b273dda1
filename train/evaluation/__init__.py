"""Scores of a run, with their uncertainty."""
