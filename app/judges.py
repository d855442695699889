"""The dearer judges that the settings name, over models of their own or over the one that answers people."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from app.gate_settings import GateSettings
from app.settings import Settings, SettingsError
from model.catalog import describe, is_folder
from model.engine import Engine
from model.forms import Piece
from model.loading import fetch, load, without_template
from model.types import ChatModel, Checkpoint, Message, ModelError, PromptTooLong, Scorer
from safety.checks.judge import ClauseJudge, LabelJudge, Prompt, ShieldGemma, TooLong
from safety.guard import Guard, default_guard
from safety.policy import Policy
from safety.types import DearCheck

SERVED = "served"
"""What BEZEL_CLAUSE_JUDGE says where the model that answers people judges as well."""

Ask = Callable[[Prompt, Sequence[str]], Awaitable[tuple[float, ...]]]


class Asked:
    """A model as judges ask it: all questions about a text at once, given up after some seconds."""

    def __init__(self, ask: Ask, checkpoint: Callable[[], Checkpoint], seconds: float) -> None:
        self._ask = ask
        self._checkpoint = checkpoint
        self._seconds = seconds

    @property
    def version(self) -> str:
        """The checkpoint with its commit or the hash of its weights; never a path."""
        checkpoint = self._checkpoint()
        return f"{_short(checkpoint.id)}@{checkpoint.revision}"

    def score(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> Sequence[Sequence[float]]:
        """See safety's Scorer; from a thread of its own, never from an event loop."""
        return asyncio.run(self._scored(prompts, choices))

    async def _scored(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> Sequence[Sequence[float]]:
        try:
            async with asyncio.timeout(self._seconds):
                return await asyncio.gather(*(self._ask(prompt, choices) for prompt in prompts))
        except PromptTooLong as error:
            raise TooLong(str(error)) from None


@contextmanager
def opened_guard(settings: Settings, served: ChatModel | None) -> Iterator[Guard]:
    """The Guard with the judges that the settings name; `served` is the model that answers people.

    Raises SettingsError, ModelError or SafetyError where one of them cannot judge.
    """
    with ExitStack() as opened:
        made = tuple(_judges(settings, served, opened))
        guard = default_guard(
            settings.profile,
            settings.policy_file,
            judges=lambda policy: [make(policy) for make in made],
            patience=settings.judge_seconds,
        )
        opened.callback(guard.close)
        yield guard


def needs_served(settings: GateSettings) -> bool:
    """Whether the model that answers people judges as well."""
    return settings.clause_judge == SERVED


def require_judges(settings: GateSettings) -> None:
    """Raise SettingsError for a judge that cannot be what it is set as; loads and downloads nothing."""
    _require("BEZEL_SHIELDGEMMA", settings.shieldgemma, refused="chat")
    if not needs_served(settings):
        _require("BEZEL_CLAUSE_JUDGE", settings.clause_judge, refused="judge")
    source = settings.label_judge
    if source is not None and not is_folder(source) and source.count("/") != 1:
        raise SettingsError(f"BEZEL_LABEL_JUDGE is {source!r}; it must be a folder or a Hugging Face id.")
    if bool(source) != bool(settings.labels):
        raise SettingsError(
            "BEZEL_LABEL_JUDGE and BEZEL_LABELS go together: the one names a checkpoint, the other says what "
            "each of its labels means."
        )


def _require(name: str, source: str | None, *, refused: str) -> None:
    if source is None:
        return
    try:
        described = describe(source, is_hashed=False)
    except ModelError as error:
        raise SettingsError(f"{name} cannot be used: {error}") from None
    if described.page is not None and described.kind in (refused, "base"):
        what = {"chat": "chats", "judge": "judges by guidelines of its own", "base": "only continues text"}
        right = "ShieldGemma" if refused == "chat" else "a model that follows instructions"
        raise SettingsError(f"{name} is {source!r}, which {what[described.kind]}; it must be {right}.")


def _judges(
    settings: Settings, served: ChatModel | None, opened: ExitStack
) -> Iterator[Callable[[Policy], DearCheck]]:
    require_judges(settings)
    seconds = settings.judge_seconds
    if settings.shieldgemma is not None:
        guidelines_judge = ShieldGemma(_as_written(_engine(settings, settings.shieldgemma, opened), seconds))
        yield lambda policy: guidelines_judge
    if settings.clause_judge is not None:
        model = served if needs_served(settings) else _engine(settings, settings.clause_judge, opened)
        scorer = _in_a_chat(model, seconds)
        yield lambda policy: ClauseJudge(scorer, policy)
    if settings.label_judge is not None:
        label_judge = _label_judge(settings, settings.label_judge)
        yield lambda policy: label_judge


def _engine(settings: Settings, source: str, opened: ExitStack) -> Engine:
    loaded = load(source, device=settings.device, token=settings.hf_token)
    if source == settings.shieldgemma:
        loaded = without_template(loaded)
    engine = Engine(loaded, max_turns=1)
    opened.callback(engine.close)
    return engine


def _as_written(engine: Engine, seconds: float) -> Asked:
    async def ask(prompt: Prompt, choices: Sequence[str]) -> tuple[float, ...]:
        pieces = [Piece(part.text, is_message=part.is_judged) for part in prompt]
        return await engine.score_as_is(pieces, choices)

    return Asked(ask, lambda: engine.checkpoint, seconds)


def _in_a_chat(model: ChatModel | None, seconds: float) -> Asked:
    if not isinstance(model, Scorer):
        raise SettingsError("BEZEL_CLAUSE_JUDGE is 'served'; the model that answers here cannot judge.")

    async def ask(prompt: Prompt, choices: Sequence[str]) -> tuple[float, ...]:
        return await model.score([Message("user", "".join(part.text for part in prompt))], choices)

    return Asked(ask, lambda: model.checkpoint, seconds)


def _label_judge(settings: Settings, source: str) -> LabelJudge:
    folder = fetch(source, token=settings.hf_token)
    return LabelJudge(folder, settings.labels, title=_short(source), device=settings.device)


def _short(source: str) -> str:
    """The last part of an id or a path: what may stand in a verdict."""
    return source.rstrip("/").rsplit("/")[-1]
