"""Who labels which sentence, how it is shown, and what is mixed in."""
