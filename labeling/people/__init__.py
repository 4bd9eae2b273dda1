"""The people who label: their accounts, how far each is, and the simulated ones of the demo."""
