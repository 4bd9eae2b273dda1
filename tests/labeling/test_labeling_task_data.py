"""What a task shows of a sentence."""

import pandas as pd
import pytest

from labeling.studio.task_data import task_data

TEXT = "Turkey warned that Greece must talk, and praised Turkey’s old friends in the region."
ROW = {
    "sentence_id": "s1", "text": TEXT, "title": None, "outlet": "The Examiner", "byline": None, "before": "",
    "after": "", "published_at": pd.Timestamp("2026-03-03", tz="UTC"), "target": None, "target_start": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        ({}, "3 March 2026"),
        ({"target": "Turkey"}, "About: Turkey · 3 March 2026"),
        ({"target": "Turkey", "target_start": 0}, "About: Turkey (“…Turkey warned that Greece…”) · 3 March 2026"),
        (
            {"target": "Turkey", "target_start": 49, "published_at": pd.NaT},
            "About: Turkey (“…t talk, and praised Turkey’s old friends in th…”)",
        ),
    ],
)
def test_whoever_labels_sees_whom_it_is_about(row: dict, shown: str) -> None:
    assert task_data(ROW | row)["date"] == shown


def test_outlet_and_byline_are_not_there_unless_they_are_to_be_in_view() -> None:
    assert "Examiner" not in str(task_data(ROW))
    assert task_data(ROW, cue=True)["date"] == "3 March 2026 · The Examiner"
