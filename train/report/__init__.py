"""From metrics to the page that an evaluator reads."""
