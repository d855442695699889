"""What Bezel counts for Prometheus: figures and names from the policy; no person, no text, no id."""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, aclosing

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from model.types import ChatModel, Checkpoint, Chunk, Ending, GenerationSettings, Message, ModelError
from safety.types import Clause, Judge, Text, Verdict
from storage.types import MessageState

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
SPEEDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


class Metrics:
    """The figures of one running Bezel; each has a registry of its own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._turns = Counter("bezel_turns", "Turns, by how they ended.", ["end"], registry=registry)
        self._verdicts = Counter(
            "bezel_verdicts",
            "Verdicts by side, action and clause.",
            ["side", "action", "clause"],
            registry=registry,
        )
        self._checks = Counter(
            "bezel_checks", "How each check ended, once a verdict.", ["check", "outcome"], registry=registry
        )
        self._judging = Histogram(
            "bezel_verdict_seconds", "Time for one verdict.", ["side"], buckets=SECONDS, registry=registry
        )
        self._first_token = Histogram(
            "bezel_first_token_seconds",
            "Time to the model's first token.",
            buckets=SECONDS,
            registry=registry,
        )
        self._speed = Histogram(
            "bezel_tokens_per_second",
            "Speed of a reply after its first token.",
            buckets=SPEEDS,
            registry=registry,
        )
        self._tokens = Counter("bezel_tokens", "Tokens generated.", registry=registry)
        self._streams = Gauge("bezel_streams", "Replies being asked of the model now.", registry=registry)
        self._in_line = Gauge(
            "bezel_streams_waiting", "Replies asked of the model that it has not begun.", registry=registry
        )
        self._errors = Counter("bezel_errors", "Errors logged, by logger.", ["logger"], registry=registry)
        self._faults = Counter(
            "bezel_model_errors", "Replies the model failed, by kind.", ["kind"], registry=registry
        )
        self._waiting = Gauge("bezel_cases_waiting", "Cases that wait for a moderator.", registry=registry)

    def count_cases_with(self, count: Callable[[], float]) -> None:
        """Ask this for the number of waiting cases whenever the figures are read."""
        self._waiting.set_function(count)

    def ended(self, state: MessageState) -> None:
        """Count a turn by the state of its reply, or of its prompt where that was stopped."""
        self._turns.labels(state).inc()

    def judged(self, side: str, verdict: Verdict, seconds: float) -> None:
        """Count a verdict, its clause and how each check ended."""
        self._verdicts.labels(side, str(verdict.action), verdict.clause or "none").inc()
        for name, outcome in verdict.checks.items():
            self._checks.labels(name, str(outcome)).inc()
        self._judging.labels(side).observe(seconds)

    def answered(self, ending: Ending) -> None:
        """Count what a finished reply says of itself."""
        self._tokens.inc(ending.tokens)
        if ending.first_token_seconds is not None:
            self._first_token.observe(ending.first_token_seconds)
        if ending.tokens_per_second is not None:
            self._speed.observe(ending.tokens_per_second)

    def failed(self, error: ModelError) -> None:
        """Count a reply that the model could not give."""
        self._faults.labels(type(error).__name__).inc()

    def watch(self, model: ChatModel) -> "WatchedModel":
        """The same model, its replies counted."""
        return WatchedModel(model, self, self._streams, self._in_line)

    def watch_judge(self, judge: Judge) -> "WatchedJudge":
        """The same judge, its verdicts counted."""
        return WatchedJudge(judge, self)

    def count_errors(self) -> "ErrorCounter":
        """A handler for the root logger that counts errors."""
        return ErrorCounter(self._errors)

    def text(self) -> bytes:
        """All figures in the format of Prometheus."""
        return generate_latest(self._registry)


class WatchedModel:
    """A ChatModel whose replies are counted."""

    def __init__(self, model: ChatModel, metrics: Metrics, streams: Gauge, in_line: Gauge) -> None:
        self._model = model
        self._metrics = metrics
        self._streams = streams
        self._in_line = in_line

    @property
    def checkpoint(self) -> Checkpoint:
        """What answers."""
        return self._model.checkpoint

    async def stream(
        self, prompt: Sequence[Message], settings: GenerationSettings, *, conversation: str | None = None
    ) -> AsyncGenerator[Chunk, None]:
        """The model's own stream; see ChatModel."""
        chunks = self._model.stream(prompt, settings, conversation=conversation)
        try:
            with self._streams.track_inprogress(), ExitStack() as line:
                line.enter_context(self._in_line.track_inprogress())
                async with aclosing(chunks):
                    async for chunk in chunks:
                        if chunk.text:
                            line.close()
                        if chunk.ending is not None:
                            self._metrics.answered(chunk.ending)
                        yield chunk
        except ModelError as error:
            self._metrics.failed(error)
            raise

    def forget(self, conversation: str) -> None:
        """Hand it on."""
        self._model.forget(conversation)

    def close(self) -> None:
        """Hand it on."""
        self._model.close()


class WatchedJudge:
    """A Judge whose verdicts are counted and timed."""

    def __init__(self, judge: Judge, metrics: Metrics) -> None:
        self._judge = judge
        self._metrics = metrics

    async def judge(self, text: Text) -> Verdict:
        """The judge's own verdict."""
        started = time.perf_counter()
        verdict = await self._judge.judge(text)
        self._metrics.judged(text.side, verdict, time.perf_counter() - started)
        return verdict

    def clause(self, clause_id: str) -> Clause:
        """Hand it on."""
        return self._judge.clause(clause_id)

    @property
    def live_checks(self) -> Sequence[str]:
        """Hand it on."""
        return self._judge.live_checks


class ErrorCounter(logging.Handler):
    """Counts what is logged as an error, by the logger's first two names."""

    def __init__(self, errors: Counter) -> None:
        super().__init__(logging.ERROR)
        self._errors = errors

    def emit(self, record: logging.LogRecord) -> None:
        """Count one record."""
        self._errors.labels(".".join(record.name.split(".")[:2])).inc()
