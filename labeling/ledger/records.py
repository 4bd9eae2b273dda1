"""What the ledger takes and gives: answers, projects, assignments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["submitted", "skipped", "deleted"]
Role = Literal["pool", "assigned", "training", "adjudication"]
Kind = Literal["normal", "gold", "retest", "training", "adjudication"]
# The server of an imported answer: none, but rows of the ledger are known by one.
IMPORTED = "import"
# When the ledger holds something newer than what the server has now: leave it and say so, keep it, or drop it.
Trust = Literal["ask", "ledger", "server"]


@dataclass(frozen=True)
class Answer:
    """One annotator's answer to one question about one sentence, as it stands now.

    ``item`` is the task's own mark in a project of one annotator; ``cue`` whether outlet and byline were in view (None:
    not drawn); ``notes`` JSON text of comment, confidence and evidence.
    """

    server: str
    annotation_id: str
    question: str
    sentence_id: str
    annotator: str
    label: str | None
    state: State
    skip_reason: str | None = None
    project: str | None = None
    task: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    lead_time_s: float | None = None
    labels_version: str | None = None
    suggestion: bool = False
    item: str | None = None
    kind: Kind = "normal"
    cue: bool | None = None
    notes: str | None = None


@dataclass(frozen=True)
class Project:
    """A Label Studio project of this workspace.

    Everything that happened there up to ``updated_at`` (the server's clock) is in the ledger. ``apart`` is how many
    annotations more than the ledger the server counts for good: of tasks that somebody added by hand, without an
    answer, or older than what the ledger keeps.
    """

    server: str
    project: str
    batch: str
    labels_version: str
    updated_at: datetime | None
    role: Role = "pool"
    annotator: str | None = None
    apart: int = 0


@dataclass(frozen=True)
class Assignment:
    """One item of one annotator's project; the last row of (server, project, item) counts.

    ``known`` is JSON text {question: label}, of gold and training items; ``at`` is set when it is written.
    """

    server: str
    project: str
    item: str
    batch: str
    annotator: str
    sentence_id: str
    kind: Kind
    position: int
    cue: bool
    suggestion: bool
    known: str | None
    seed: int
    state: Literal["assigned", "withdrawn"] = "assigned"
    at: datetime | None = None


@dataclass(frozen=True)
class Recorded:
    """How many annotations a call of :meth:`Ledger.record` found new, changed or deleted.

    ``lost`` are those of which the ledger has something newer than the server, left as they were; ``reused`` those
    whose number on the server was that of another annotation before.
    """

    new: int = 0
    changed: int = 0
    deleted: int = 0
    lost: int = 0
    reused: int = 0

    def __add__(self, other: "Recorded") -> "Recorded":
        return Recorded(
            self.new + other.new,
            self.changed + other.changed,
            self.deleted + other.deleted,
            self.lost + other.lost,
            self.reused + other.reused,
        )
