"""From votes to gold labels: aggregation, disputes, adjudication, dataset versions."""
