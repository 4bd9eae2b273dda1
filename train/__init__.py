"""Classifiers of stance and source type: features, models, evaluation, report."""
