"""What an audit says, and how the findings of several audits are judged together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from train.evaluation.metrics import DIGITS

# The chance, over all audits of a question, of an alarm where there is nothing: what Holm's correction holds.
NOMINAL = 0.025


@dataclass(frozen=True)
class Suspicion:
    """Something that would be an alarm.

    Parameters
    ----------
    says : str
        A sentence with its figures.
    p : float or None
        How probable the like is by chance, corrected for what else the audit tried; None for a fact, such as a copied
        sentence, which is no matter of chance.
    """

    says: str
    p: float | None


@dataclass(frozen=True)
class Finding:
    """What one audit found; :func:`judged` makes verdicts of several.

    Parameters
    ----------
    clear : str
        What to say when no suspicion stands.
    suspicions : sequence of Suspicion
        Each is large enough to matter; whether it is more than chance is judged over all audits.
    p : float or None
        The smallest p of the audit's tests, corrected for their number; None where it tests nothing.
    unknown : str, optional
        Why nothing can be said; then there is no verdict.
    numbers, tables, parameters, seed, note
        As in the contract of :func:`train.audits.audits`.
    """

    clear: str = ""
    suspicions: Sequence[Suspicion] = ()
    p: float | None = None
    unknown: str | None = None
    numbers: Mapping[str, Any] = field(default_factory=dict)
    tables: Sequence[Mapping[str, Any]] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    note: str = ""


def judged(findings: Mapping[str, Finding], methods: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Verdicts, with Holm's correction (1979) over the audits that test something.

    An alarm is a fact, or a suspicion whose p is below what Holm's procedure allows its audit.

    Parameters
    ----------
    findings : mapping
        By the name of the audit.
    methods : mapping
        The dotted name of each audit's function.

    Returns
    -------
    dict
        For each audit what :func:`train.audits.audits` describes.
    """
    tested = {name: finding.p for name, finding in findings.items() if finding.p is not None}
    adjusted = holm(tested)
    # The level that Holm's procedure leaves to each audit; to a p of 0, which comes first, the smallest.
    allowed = {
        name: NOMINAL * (tested[name] / adjusted[name] if adjusted[name] else 1 / len(tested)) for name in tested
    }
    result = {}
    for name, found in findings.items():
        standing = [
            suspicion.says
            for suspicion in found.suspicions
            if suspicion.p is None or (adjusted[name] <= NOMINAL and suspicion.p <= allowed[name])
        ]
        verdict = "unknown" if found.unknown else "alarm" if standing else "clear"
        result[name] = {
            "verdict": verdict,
            "p": plain(found.p),
            "p_holm": plain(adjusted.get(name)),
            "says": found.unknown or (standing[0] if standing else found.clear),
            "reasons": standing,
            "method": methods[name],
            "parameters": plain(found.parameters),
            "seed": found.seed,
            "numbers": plain(found.numbers),
            "tables": plain(found.tables),
            "note": found.note,
        }
    return result


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Holm's adjusted p: reject what is at most the level that the whole family shall have."""
    adjusted, so_far = {}, 0.0
    for place, (name, value) in enumerate(sorted(p.items(), key=lambda pair: pair[1])):
        so_far = max(so_far, min(1.0, value * (len(p) - place)))
        adjusted[name] = so_far
    return adjusted


def corrected(values: Sequence[float]) -> float | None:
    """The smallest of several p, by Bonferroni's correction; None of none."""
    return min(1.0, min(values) * len(values)) if values else None


def plain(value: Any) -> Any:
    """``value`` as JSON has it: numbers rounded as in metrics.json, NaN as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float | np.floating):
        return None if not np.isfinite(value) else round(float(value), DIGITS)
    return int(value) if isinstance(value, np.integer) else bool(value) if isinstance(value, np.bool_) else value


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """A table of an audit, as the report prints it and as it is written to CSV."""
    return {"title": title, "columns": list(columns), "rows": [list(row) for row in rows]}
