"""Tables and arrays between stages: a folder for each name, in it a file for each partition, memory-mapped to read."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpus.files import replacing

Array = npt.NDArray[Any]
Codes = npt.NDArray[np.int64]

# A row of a partitioned table is known by one number: its partition, and its place there.
_SHIFT = 32


@dataclass(frozen=True)
class Store:
    """Files under ``root``. Whoever works on a partition, here or on another machine, must see this folder.

    Parameters
    ----------
    root : Path
        The folder.
    lasting : bool
        Whether files must be whole after a power cut.
    """

    root: Path
    lasting: bool = True

    def path(self, name: str, part: int) -> Path:
        """The file of a partition."""
        return self.root / name / f"{part:06d}"

    def parts(self, name: str) -> list[int]:
        """The partitions that are there, in order."""
        folder = self.root / name
        return sorted(int(file.name) for file in folder.iterdir() if file.name.isdecimal()) if folder.is_dir() else []

    def write(self, name: str, part: int, table: pa.Table) -> None:
        """Write a table, whole or not at all."""
        with (
            replacing(self.path(name, part), sync=self.lasting) as beside,
            pa.ipc.new_file(str(beside), table.schema) as writer,
        ):
            writer.write_table(table.combine_chunks(), max_chunksize=max(1, len(table)))

    def read(self, name: str, part: int) -> pa.Table:
        """A table; its columns are read when they are used."""
        return pa.ipc.open_file(pa.memory_map(str(self.path(name, part)))).read_all()

    def between(self, name: str, column: str, low: Any, high: Any) -> pa.Table:
        """The rows of all partitions, each sorted by ``column``, where ``low`` <= ``column`` < ``high``.

        None is no bound. In the order of the partitions; a column that some of them lack is null there.
        """
        slices = []
        for part in self.parts(name):
            table = self.read(name, part)
            values = table[column]
            start = 0 if low is None else bisect_left(range(len(table)), low, key=lambda at: values[at].as_py())
            stop = (
                len(table) if high is None else bisect_left(range(len(table)), high, key=lambda at: values[at].as_py())
            )
            slices.append(table.slice(start, max(0, stop - start)))
        return pa.concat_tables(slices, promote_options="default").combine_chunks()

    def write_array(self, name: str, part: int, array: Array) -> None:
        """Write an array, whole or not at all."""
        with replacing(self.path(name, part), sync=self.lasting) as beside, beside.open("wb") as file:
            np.save(file, array, allow_pickle=False)

    def read_array(self, name: str, part: int) -> Array:
        """An array; its pages are read when they are used."""
        path = self.path(name, part)
        try:
            found: Array = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError:  # an empty array cannot be mapped
            found = np.load(path, allow_pickle=False)
        return found

    def take(self, name: str, column: str, codes: Codes) -> pa.ChunkedArray:
        """The values of ``column`` in the rows ``codes``, which are sorted."""
        chunks = [self.read(name, part)[column].take(pa.array(rows)) for part, rows, _ in by_part(codes)]
        return pa.chunked_array(
            [chunk for found in chunks for chunk in found.chunks], type=chunks[0].type if chunks else pa.null()
        )

    def take_rows(self, name: str, codes: Codes) -> Array:
        """The rows ``codes``, which are sorted and not none, of a partitioned array."""
        return np.concatenate([self.read_array(name, part)[rows] for part, rows, _ in by_part(codes)])

    def take_lists(self, name: str, codes: Codes, values: str = "") -> tuple[Codes, Array]:
        """The lists in the rows ``codes``, which are sorted: bounds and values.

        Lists are two arrays, NAME-bounds and NAME, and further NAME-VALUES of the length of NAME.
        """
        lengths, found = [np.empty(0, np.int64)], []
        for part, rows, _ in by_part(codes):
            bounds = np.asarray(self.read_array(f"{name}-bounds", part))
            starts, own = bounds[rows], bounds[rows + 1] - bounds[rows]
            lengths.append(own)
            array = self.read_array(f"{name}-{values}" if values else name, part)
            found.append(array[spans(starts, own)])
        return np.r_[0, np.cumsum(np.concatenate(lengths))], np.concatenate(found or [np.empty(0, np.int64)])


def code(part: int, rows: Array) -> Codes:
    """The numbers of ``rows`` of a partition; they sort as the partitions and the rows do."""
    return (part << _SHIFT) + rows.astype(np.int64)


def by_part(codes: Codes) -> Iterator[tuple[int, Codes, slice]]:
    """Sorted ``codes`` by partition: its number, the rows there, and where in ``codes`` they stand."""
    parts = codes >> _SHIFT
    bounds = [*np.flatnonzero(begins(parts)).tolist(), len(codes)]
    for start, stop in pairwise(bounds):
        yield int(parts[start]), codes[start:stop] & ((1 << _SHIFT) - 1), slice(start, stop)


def code_range(part: int) -> tuple[int, int]:
    """The first code of a partition, and the first one behind it."""
    return part << _SHIFT, (part + 1) << _SHIFT


def spans(starts: Array, lengths: Array) -> Codes:
    """The places of ``lengths`` many elements from each of ``starts`` on, one after the other."""
    ends = np.cumsum(lengths)
    first: Codes = np.repeat(starts - (ends - lengths), lengths)
    return first + np.arange(len(first))


def begins(*columns: Any) -> npt.NDArray[np.bool_]:
    """Where a row differs from the one before it in some of ``columns``, sorted; the first does."""
    different = np.ones(len(columns[0]), np.bool_)
    if len(different):
        arrays = [np.asarray(column) for column in columns]
        different[1:] = np.any([array[1:] != array[:-1] for array in arrays], axis=0)
    return different


def ranges(sample: Sequence[Any], parts: int) -> list[tuple[Any, Any]]:
    """``parts`` ranges that hold about as many of the values each that ``sample`` was taken from; at least one."""
    ordered = sorted(sample)
    cuts = [ordered[len(ordered) * part // parts] for part in range(1, parts)] if ordered else []
    return list(zip([None, *cuts], [*cuts, None], strict=True))
