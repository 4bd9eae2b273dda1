"""What the tests of pull do on the fake server, and read back from the ledger."""

from collections.abc import Iterable

import pandas as pd
from fake_label_studio import FakeLabelStudio

from labeling.ledger.ledger import Ledger


def label_all(fake: FakeLabelStudio, tasks: Iterable[int], user: int = 2) -> list[int]:
    """Somebody answers each task the same; the numbers of the annotations."""
    return [fake.annotate(task, user=user, stance="a", source="x") for task in tasks]


def standing(ledger: Ledger) -> pd.DataFrame:
    """The answers that are not deleted."""
    frame = ledger.annotations()
    return frame[frame["state"] != "deleted"]
