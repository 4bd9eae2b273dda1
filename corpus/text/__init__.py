"""What a text is and says: repaired, in which language, cut into sentences, filtered; its words; whom it names."""
