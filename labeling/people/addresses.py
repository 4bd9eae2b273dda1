"""What an address tells of an annotator. Apart from accounts: who reads the ledger needs no client of a server."""

# A reserved domain (RFC 6761): nobody can have an address there, and no label can be taken for a person's.
SIMULATED_DOMAIN = "simulated.invalid"


def is_simulated(annotator: str) -> bool:
    """Whether an annotator's address marks a simulated one, as those of the demo."""
    return annotator.endswith(f"@{SIMULATED_DOMAIN}")
