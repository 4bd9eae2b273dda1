"""The append-only ledger and its tables: nothing that was ever pulled or imported is lost."""
