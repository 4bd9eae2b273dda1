"""Dataset versions: frozen under hashes, split, described, compared, and shared without their text."""
