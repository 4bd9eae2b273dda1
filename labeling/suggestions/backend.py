"""Label Studio's protocol for models that answer while people label: health, setup, predict."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import FastAPI, HTTPException

from labeling.questions import label_set
from labeling.suggestions.predictions import Said, checked, prediction

# From the data of tasks: what the page shows of each sentence (text, title, before, after).
Predict = Callable[[Sequence[Mapping[str, Any]]], Sequence[Said]]
# The most tasks of one request; Label Studio sends batches of its own making, far smaller.
MOST_TASKS = 10_000


def backend(
    predict: Predict,
    labels: Mapping[str, Sequence[str]],
    model_version: str,
    shows: Callable[[Mapping[str, Any]], bool] = lambda data: True,
) -> FastAPI:
    """The application that serves one model.

    Parameters
    ----------
    predict : callable
        From the data of tasks to what the model says of each, in their order.
    labels : mapping of str to sequence of str
        The model's questions, and their labels.
    model_version : str
        Stands beside each prediction.
    shows : callable
        From a task's data to whether it may show a suggestion; else its prediction is empty.
    """
    app = FastAPI(title="stancelab", docs_url=None, redoc_url=None, openapi_url=None)
    up = {"status": "UP", "model_class": "stancelab", "model_version": model_version}

    @app.get("/")
    @app.get("/health")
    def health() -> dict[str, str]:
        return up

    @app.get("/versions")
    def versions() -> dict[str, list[str]]:
        return {"versions": [model_version]}

    @app.post("/setup")
    def setup(request: dict[str, Any]) -> dict[str, str]:
        # The request also holds the owner's token: it is neither kept nor written to any log.
        _shared(request.get("schema"))
        return {"model_version": model_version}

    @app.post("/predict")
    def predictions(request: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
        tasks, interface = request.get("tasks"), request.get("label_config")
        if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
            raise HTTPException(422, "tasks: expected a list of tasks")
        if len(tasks) > MOST_TASKS:
            raise HTTPException(413, f"tasks: {len(tasks)} at once; at most {MOST_TASKS}")
        asked = _shared(interface)
        data = [task["data"] if isinstance(task.get("data"), dict) else {} for task in tasks]
        wanted = [n for n, item in enumerate(data) if isinstance(item.get("text"), str) and shows(item)]
        none: dict[str, Any] = {"result": [], "model_version": model_version}
        results = [none] * len(tasks)
        for number, said in zip(wanted, predict([data[n] for n in wanted]) if wanted else (), strict=True):
            results[number] = prediction({question: said[question] for question in asked}, model_version)
        checked(str(interface), [one for one in results if one["result"]])
        return {"results": results}

    @app.post("/train")
    @app.post("/webhook")
    def nothing(request: dict[str, Any]) -> dict[str, str]:
        """Fitting is `stance train fit`: a model that learned while people labelled would be no version of anything."""
        return {}

    def _shared(interface: object) -> list[str]:
        """The questions of the project that the model answers, or a refusal that says what it answers."""
        try:
            there = label_set(str(interface))
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        shared = [name for name, known in labels.items() if set(known) <= set(there.get(name, ()))]
        if not shared:
            answers = "; ".join(f"{name}: {', '.join(known)}" for name, known in labels.items())
            raise HTTPException(422, f"the project asks no question that this model answers ({answers})")
        return shared

    return app
