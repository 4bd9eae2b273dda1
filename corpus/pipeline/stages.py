"""Stages that are done once: what was finished before a build was stopped is not done again."""

import json
import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from corpus.files import json_text, replacing
from corpus.pipeline.engines import Engine, Local
from corpus.pipeline.store import Store

Advance = Callable[[int], None]
Progress = Callable[[str, int | None], AbstractContextManager[Advance]]


def silent(what: str, total: int | None) -> AbstractContextManager[Advance]:
    """No progress is shown."""
    return nullcontext(lambda _: None)


class Stages:
    """A folder in which a build is under way.

    Parameters
    ----------
    folder : Path
        For this build alone.
    key : object
        What the build depends on, as JSON; if another build was under way here, what it left is removed.
    engine : Engine
        Who works on the partitions.
    progress : callable
        Shows how far a stage is; as :meth:`corpus.console.Console.progress`.
    lasting : bool
        Whether what is done must outlast a power cut.
    """

    def __init__(
        self, folder: Path, key: Any, engine: Engine | None = None, progress: Progress = silent, *, lasting: bool = True
    ) -> None:
        self.store, self.engine, self.progress = Store(folder, lasting), engine or Local(), progress
        self._folder = folder
        known = folder / "key.json"
        self.resumed = known.is_file() and json.loads(known.read_text(encoding="utf-8")) == json.loads(json.dumps(key))
        if not self.resumed:
            shutil.rmtree(folder, ignore_errors=True)
            _write_json(self.store, known, key)
        self.engine.check(known)

    def map(
        self,
        stage: str,
        function: Callable[..., dict[str, Any]],
        calls: Iterable[tuple[Any, ...]],
        total: int | None = None,
    ) -> list[dict[str, Any]]:
        """Call ``function(store, number, *arguments)`` for each (number, *arguments) in ``calls``, where that is to do.

        Returns
        -------
        list of dict
            What it returned, by number: JSON.
        """
        whole = self._folder / "done" / f"{stage}.json"
        if whole.is_file():
            found: list[dict[str, Any]] = json.loads(whole.read_text(encoding="utf-8"))
            return found
        known = self.done(stage)
        with self.progress(stage, total) as advance:
            advance(sum(map(_size, known.values())))
            to_do = ((function, self.store, stage, *call) for call in calls if call[0] not in known)
            for number, result in self.engine.run(_work, to_do):
                known[number] = result
                advance(_size(result))
        results = [known[number] for number in sorted(known)]
        _write_json(self.store, whole, results)
        shutil.rmtree(whole.with_suffix(""), ignore_errors=True)
        return results

    def done(self, stage: str) -> dict[int, dict[str, Any]]:
        """What was returned for each number of an unfinished stage so far."""
        folder = self._folder / "done" / stage
        files = [file for file in folder.glob("*.json") if not file.name.startswith(".")]
        return {int(file.stem): json.loads(file.read_text(encoding="utf-8")) for file in files}

    def finished(self, stage: str) -> bool:
        """Whether a stage is done."""
        return (self._folder / "done" / f"{stage}.json").is_file()

    def forget(self, *names: str) -> None:
        """Remove tables and arrays that nobody reads any more."""
        for name in names:
            shutil.rmtree(self.store.root / name, ignore_errors=True)

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _write_json(store: Store, path: Path, value: Any) -> None:
    with replacing(path, sync=store.lasting) as beside:
        beside.write_text(json_text(value), encoding="utf-8")


def _size(result: dict[str, Any]) -> int:
    """What a finished call counts in the bar: its records, where it says so, else one partition."""
    return int(result.get("records", 1))


def _work(
    function: Callable[..., dict[str, Any]], store: Store, stage: str, number: int, *arguments: Any
) -> tuple[int, dict[str, Any]]:
    result = function(store, number, *arguments)
    _write_json(store, store.root / "done" / stage / f"{number}.json", result)
    return number, json.loads(json.dumps(result))
