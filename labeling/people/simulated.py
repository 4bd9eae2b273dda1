"""Simulated annotators for the demo: stated, seeded error rates, and real requests to the real server.

They show that the loop works. Their labels say nothing about how people would label.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import httpx
import numpy as np
import pandas as pd

from corpus.errors import ServerError
from corpus.files import sha256_text
from corpus.labels import Labels
from labeling.people.accounts import add, sign_in
from labeling.people.addresses import SIMULATED_DOMAIN
from labeling.questions import result
from labeling.studio.client import Server


@dataclass(frozen=True)
class Simulated:
    """One simulated annotator: for each question, how often it gives another label than the intended one."""

    name: str
    error_rates: Mapping[str, float]

    @property
    def email(self) -> str:
        """Its account, at a domain that cannot exist."""
        return f"{self.name}@{SIMULATED_DOMAIN}"


def answers(
    intended: pd.DataFrame, labels: Labels, annotator: Simulated, *, seed: int
) -> list[tuple[str, dict[str, str], float]]:
    """What one simulated annotator answers.

    Parameters
    ----------
    intended : DataFrame
        Indexed by sentence_id, one column a question, with the intended label.
    labels : Labels
        The questions; an error is any other label of the question, each as likely as the next.
    annotator : Simulated
        Whose error rates.
    seed : int
        With the annotator's name, seeds the draws.

    Returns
    -------
    list of (sentence_id, {question: label}, seconds)
        In the order of ``intended``; the seconds are drawn too, and as little a person's.
    """
    rng = np.random.default_rng([seed, *annotator.name.encode()])
    found = []
    for sentence, row in intended.iterrows():
        given = {}
        for question in labels.enabled:
            label = str(row[question])
            if rng.random() < annotator.error_rates[question]:
                label = str(rng.choice([other for other in labels.questions[question].labels if other != label]))
            given[question] = label
        found.append((str(sentence), given, round(float(rng.lognormal(2.0, 0.5)), 1)))
    return found


def join(server: Server, panel: Sequence[Simulated], *, secret: str) -> None:
    """Make the accounts of simulated annotators that are not there yet.

    ``secret`` is what their passwords are derived from, so that a demo that was stopped can go on with them.
    """
    for annotator in panel:
        add(server, annotator.email, name=f"Simulated {annotator.name}", password=_password(annotator, secret))


def label(
    server: Server,
    projects: Mapping[str, int],
    panel: Sequence[Simulated],
    intended: pd.DataFrame,
    labels: Labels,
    *,
    seed: int,
    secret: str,
    advance: Callable[[int], None] = lambda n: None,
) -> int:
    """Let each simulated annotator sign in and label every sentence of their project that they have not labelled yet.

    Parameters
    ----------
    server : Server
        Where they have accounts; see :func:`join`.
    projects : mapping
        Address -> their own project.
    panel, intended, labels, seed
        As in :func:`answers`.
    secret : str
        As in :func:`join`.
    advance : callable
        Told how many annotations were acknowledged.

    Returns
    -------
    int
        Annotations that the server acknowledged.
    """
    step = threading.Lock()

    def work(annotator: Simulated) -> int:
        listed = server.task_sentences(projects[annotator.email])
        open_tasks = {sentence: task for task, sentence, annotations in listed if not annotations}
        count = 0
        with (
            server.talking(),
            closing(sign_in(server, annotator.email, _password(annotator, secret))) as browser,
        ):
            for sentence, given, seconds in answers(intended, labels, annotator, seed=seed):
                if sentence in open_tasks:
                    _save(browser, open_tasks[sentence], given, seconds)
                    count += 1
                    with step:
                        advance(1)
        return count

    with ThreadPoolExecutor(len(panel)) as pool:
        return sum(pool.map(work, panel))


def _password(annotator: Simulated, secret: str) -> str:
    return sha256_text(f"{secret} {annotator.email}")[:32]


def _save(browser: httpx.Client, task: int, given: Mapping[str, str], seconds: float) -> None:
    answer = browser.post(f"/api/tasks/{task}/annotations/", json={"result": result(given), "lead_time": seconds})
    if answer.status_code != 201:
        raise ServerError(f"Label Studio refuses a simulated annotation of task {task}: {answer.status_code}")
