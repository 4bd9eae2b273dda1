"""Sentences and documents that are the same, nearly so or rewritten: found, aligned, joined, explained."""
