"""Batches: which sentences are labelled next; and what is sealed for the test and drawn no more."""
