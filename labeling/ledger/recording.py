"""What has to be written when the server's answers are held against the ledger's."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from labeling.ledger.records import Answer, Recorded, Trust

Key = tuple[str, str, str]  # server, annotation, question
TaskKey = tuple[str, str, str]  # server, project, task

# What makes a revision differ from the one before it. The time is part: of two annotations of one person the later
# counts, so one that is submitted again unchanged may win again. So is the task: one that came back is the server's.
_CONTENT = ("annotator", "label", "skip_reason", "state", "updated_at", "lead_time_s", "notes", "task")


def told_apart(answers: Iterable[Answer], latest: Mapping[Key, Mapping[str, Any]]) -> tuple[list[Answer], int]:
    """Answers whose annotation has a number that was another's before get a mark of their own.

    A server whose database was restored from an older copy gives the numbers of what it lost to what comes next. An
    annotation's time of creation never changes, so it tells the two apart.

    Returns
    -------
    list of Answer
        As given, or with ``annotation_id`` ``NUMBER@TIME``.
    int
        How many annotations were renamed.
    """
    created = {key[:2]: utc(row["created_at"]) for key, row in latest.items()}
    found, renamed = [], set()
    for answer in answers:
        before = created.get((answer.server, answer.annotation_id))
        if before is not None and answer.created_at is not None and utc(answer.created_at) != before:
            name = f"{answer.annotation_id}@{answer.created_at:%Y%m%dT%H%M%S.%f}"
            renamed.add((answer.server, name))
            found.append(replace(answer, annotation_id=name))
        else:
            found.append(answer)
    return found, len(renamed)


def differences(
    answers: Iterable[Answer],
    latest: Mapping[Key, Mapping[str, Any]],
    complete: Mapping[TaskKey, datetime | None],
    *,
    trust: Trust,
    now: datetime,
) -> tuple[list[dict[str, Any]], Recorded]:
    """The revisions to append, and how many annotations they concern.

    Parameters
    ----------
    answers : iterable of Answer
        As they stand on the server now.
    latest : mapping of (server, annotation, question) to row
        The last revision of each of these answers, and of all answers of the tasks in ``complete``.
    complete : mapping of (server, project, task) to datetime or None
        Tasks all of whose answers are given: what ``latest`` has beyond that is gone. The time is the newest that the
        server knows of the task. Deleting an annotation moves it, so an answer that is newer than this was not
        deleted: the server lost it. So it did where a lower number was given out later, as after a restore. None stands
        for "deleted, whatever the time".
    trust : "ask", "ledger" or "server"
        What to do where the ledger has something newer than the server: nothing, keep it (its task becomes None: what
        the server does with that task later is not about it), or write down what the server says.
    now : datetime
        For ``recorded_at``.
    """
    known = {key[:2] for key in latest}
    rows: list[dict[str, Any]] = []
    seen: set[Key] = set()
    touched: set[tuple[str, str]] = set()
    gone: set[tuple[str, str]] = set()
    lost: set[tuple[str, str]] = set()

    def follow(before: Mapping[str, Any], **change: Any) -> None:
        kept = {name: before[name] for name in before if name != "seq"}
        rows.append(kept | change | {"revision": before["revision"] + 1, "recorded_at": now})

    answers = list(answers)
    for answer in answers:
        key = (answer.server, answer.annotation_id, answer.question)
        seen.add(key)
        row, before = dict(vars(answer)), latest.get(key)
        if before is None:
            touched.add(key[:2])
            rows.append(row | {"revision": 1, "recorded_at": now})
        elif any(utc(before[name]) != utc(row[name]) for name in _CONTENT):
            if trust == "server" or before["state"] == "deleted" or not _newer(before["updated_at"], row["updated_at"]):
                touched.add(key[:2])
                follow(before, **row)
            elif before["task"] is not None:
                lost.add(key[:2])
                if trust == "ledger":
                    follow(before, task=None)
    present = {key[:2] for key in seen}
    numbers = _Numbers(answers)
    for key, before in latest.items():
        task = (before["server"], before["project"], before["task"])
        if key in seen or key[:2] in lost & present or task not in complete or before["state"] == "deleted":
            continue
        undone = _newer(before["updated_at"], complete[task]) or numbers.went_back(before)
        if trust != "server" and undone:
            lost.add(key[:2])
            if trust == "ledger":
                follow(before, task=None)
        else:
            (touched if key[:2] in present else gone).add(key[:2])
            follow(before, state="deleted")
    return rows, Recorded(new=len(touched - known), changed=len(touched & known), deleted=len(gone), lost=len(lost))


class _Numbers:
    """The numbers that a server gave to annotations, and when; they only grow while its database stands."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        given = sorted({(n, utc(a.created_at)) for a in answers if a.created_at and (n := _number(a.annotation_id))})
        self._numbers = [number for number, _ in given]
        # The latest time of creation among this number and all lower ones.
        self._latest = list(accumulate((moment for _, moment in given), max))

    def went_back(self, before: Mapping[str, Any]) -> bool:
        """Whether a number no higher than this annotation's was given after it."""
        at = bisect_right(self._numbers, _number(before["annotation_id"]))
        return bool(at) and before["created_at"] is not None and self._latest[at - 1] > utc(before["created_at"])


def _number(annotation_id: str) -> int:
    number = annotation_id.split("@")[0]
    return int(number) if number.isdecimal() else 0


def utc(value: Any) -> Any:
    """A moment with its time zone, since SQLite stores none and everything written is UTC; other values as they are."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value


def _newer(ours: datetime | None, theirs: datetime | None) -> bool:
    return ours is not None and theirs is not None and utc(ours) > utc(theirs)
