"""Model predictions as suggestions, in an arm of their own."""
