"""A run over HTTP: sentences in, labels and probabilities out. The same answers as ``stance train predict`` gives."""

import errno
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import metadata
from threading import Lock
from typing import Annotated, Any

import pandas as pd
import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sklearn.pipeline import Pipeline
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corpus.errors import InUse, UsageError
from corpus.signals import stop_on_sigterm
from train import run
from train.answers import said
from train.predict import Limits

# What one request may hold: some seconds of work, and little memory.
MOST_SENTENCES, MOST_CHARACTERS, MOST_BYTES = 1000, 100_000, 8 << 20
# Of a larger body so much is read and thrown away: who is cut off while sending does not see the answer.
_MOST_READ = 16 * MOST_BYTES
# Requests at once; further ones are told to come again (503). Answers are made one after the other.
_MOST_WAITING = 64
# Seconds that requests under way are given when the service is stopped.
_GRACE = 10


class Sentence(BaseModel):
    """A sentence to judge."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"text": "Moscow was right to answer."}]})

    text: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    target: Annotated[str | None, Field(max_length=1000, description="Whom or what the stance is about.")] = None
    target_start: Annotated[int | None, Field(ge=0, description="Where in the text it begins, from 0.")] = None
    outlet: Annotated[str | None, Field(max_length=1000)] = None
    byline: Annotated[str | None, Field(max_length=1000)] = None
    event: Annotated[str | None, Field(max_length=1000)] = None
    title: Annotated[str | None, Field(max_length=1000, description="Of the text that the sentence is from.")] = None
    before: Annotated[str | None, Field(max_length=MOST_CHARACTERS, description="The sentence before it.")] = None
    after: Annotated[str | None, Field(max_length=MOST_CHARACTERS, description="The sentence after it.")] = None

    @field_validator("text")
    @classmethod
    def _not_blank(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is blank")
        return value


class Batch(BaseModel):
    """Sentences to judge, each by itself."""

    model_config = ConfigDict(extra="forbid")

    sentences: Annotated[list[Sentence], Field(min_length=1, max_length=MOST_SENTENCES)]


class Judged(BaseModel):
    """What the model says to one question."""

    label: Annotated[str | None, Field(description="Null where the model abstains.")]
    abstained: bool
    p: Annotated[dict[str, float], Field(description="The probability of each label; they sum to one.")]
    set: Annotated[
        list[str] | None, Field(description="Labels that together hold the right one as often as was promised.")
    ] = None


class Answer(BaseModel):
    """What the model says of one sentence."""

    model: Annotated[str, Field(description="The run that answers.")]
    questions: dict[str, Judged]


class Answers(BaseModel):
    """What the model says of each sentence, in their order."""

    model: Annotated[str, Field(description="The run that answers.")]
    answers: list[dict[str, Judged]]


Judge = Callable[[Sequence[Mapping[str, Any]]], list[dict[str, Any]]]


def judging(models: dict[str, Pipeline], bounds: dict[str, Limits], model_id: str) -> Judge:
    """From sentences (``text``, and what else :mod:`train.texts` knows) to what :func:`train.answers.said` says.

    One call is answered after the other: each works on all processors as it is.
    """
    one_at_a_time = Lock()

    def judge(sentences: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        rows = pd.DataFrame(list(sentences)).assign(sentence_id=[str(number) for number in range(len(sentences))])
        with one_at_a_time:
            return said(models, rows, bounds, model_id)

    return judge


def service(of: run.Run, bounds: dict[str, Limits]) -> FastAPI:
    """The application that serves a run.

    Parameters
    ----------
    of : Run
        Its models are read now, and answer once: what is missing is found here.
    bounds : dict of str to Limits
        As :func:`train.predict.limits` gives them.
    """
    models = of.answerers()
    judge = judging(models, bounds, of.id)
    judge([{"text": "A first sentence."}])
    release = metadata.version("stancelab")
    told = {key: of.manifest.get(key) for key in ("model", "encoder_sha256", "labels_version", "libraries")}
    about = {
        "stancelab": release,
        "run": of.id,
        "dataset": {key: of.manifest["dataset"][key] for key in ("name", "version", "sha256")},
        "questions": {name: [str(label) for label in model.classes_] for name, model in models.items()},
    } | told
    # FastAPI's own page for trying requests loads its script from another host.
    described = f"Labels and probabilities by the run {of.id}."
    app = FastAPI(title="stancelab", version=release, description=described, docs_url=None, redoc_url=None)
    app.add_exception_handler(RequestValidationError, _refused)

    @app.get("/health")
    def health() -> dict[str, str]:
        """Answers when the model is ready."""
        return {"status": "ok", "model": of.id}

    @app.get("/version")
    def version() -> dict[str, Any]:
        """Who answers: software, run, dataset, questions with their labels, versions of the libraries at its fit."""
        return about

    @app.post("/predict", response_model_exclude_unset=True)
    def predict(sentence: Sentence) -> Answer:
        """Judge one sentence."""
        return Answer(model=of.id, questions=judge([sentence.model_dump()])[0])

    @app.post("/predict/batch", response_model_exclude_unset=True)
    def predict_batch(batch: Batch) -> Answers:
        """Judge several sentences, each by itself."""
        return Answers(model=of.id, answers=judge([sentence.model_dump() for sentence in batch.sentences]))

    return app


def _refused(request: Request, error: Exception) -> JSONResponse:
    """What is wrong with a request and where, without a word of what was sent: it may be long, or no text at all."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this one
    wrong = [
        {"where": ".".join(map(str, one["loc"][1:])) or "body", "problem": one["msg"]} for one in error.errors()[:20]
    ]
    return JSONResponse({"detail": wrong}, status_code=422)


class BodyLimit:
    """Refuses a request whose body is larger than :data:`MOST_BYTES` before anything is made of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, at most as much as is allowed, and hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body, size, more = bytearray(), 0, True
        while more and size <= _MOST_READ:
            message = await receive()
            if message["type"] != "http.request":  # Whoever asked is gone.
                return
            part = message.get("body", b"")
            size += len(part)
            if size <= MOST_BYTES:
                body += part
            more = message.get("more_body", False)
        if size > MOST_BYTES:
            problem = f"at most {MOST_BYTES} bytes are taken at once; send fewer sentences"
            await JSONResponse({"detail": problem}, 413, {"Connection": "close"})(scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def read() -> Message:
            return whole.pop() if whole else await receive()

        await self.app(scope, read, send)


def listen(app: FastAPI, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve ``app`` until SIGTERM or Ctrl-C; requests under way are answered first.

    Parameters
    ----------
    app : FastAPI
    host, port : str, int
        Where; port 0 takes a free one.
    ready : callable
        Called with the address once it is bound.

    Raises
    ------
    InUse
        Somebody else has the port.
    UsageError
        The host is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except socket.gaierror as error:
        raise UsageError(f"--host {host}: no address of this machine ({error.strerror})") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InUse(f"port {port} of {host} is in use. Name another with --port; 0 takes a free one") from None
        raise UsageError(f"--host {host} --port {port}: {error.strerror}") from None
    # No access log: Label Studio sends the owner's token when it connects.
    config = uvicorn.Config(
        BodyLimit(app),
        log_level="warning",
        access_log=False,
        limit_concurrency=_MOST_WAITING,
        timeout_graceful_shutdown=_GRACE,
        lifespan="off",
    )
    # The server stops at a signal, and then raises it again for whoever else listens.
    with stop_on_sigterm(), listening, suppress(KeyboardInterrupt):
        ready(f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[listening])
