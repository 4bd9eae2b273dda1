"""How far labels can be trusted: agreement, each annotator's work, each label; and the page for the lead."""
