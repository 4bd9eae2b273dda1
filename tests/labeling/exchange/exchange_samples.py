"""Hostile sentences and labels for the tests of import and export."""

from corpus.labels import Labels

HOSTILE = ["=1+1", "'=x", "-b", "@cmd", "<script>alert(1)</script>", "\u202egnp.exe", 'quote " comma , tab \t end', "a"]
TEXTS = [
    "=HYPERLINK(\"http://evil\") said the minister.", "<img src=x onerror=alert(1)> stood there.",
    "'-1 degrees', he said.", "\u202bright to left\u202c", "x" * 100_000, "Plain text.", "Plain text, twice.",
    "Plain text, twice.",
]  # fmt: skip
LABELS = Labels.model_validate(
    {"questions": {"stance": {"labels": {name: {} for name in HOSTILE}}, "source": {"labels": {"x": {}, "y": {}}}}}
)
IDS = [f"r{number}" for number in range(len(TEXTS) - 2)] + ["twice", "twice"]
