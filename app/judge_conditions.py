"""What the doctor says of the dearer judges that are set: what each needs and lacks, and what is untried."""

from collections.abc import Iterator
from pathlib import Path

from app.installation import Condition, tried
from app.judges import needs_served, require_judges
from app.settings import Settings, SettingsError
from model.catalog import DEMO, place_of, weight_files
from model.downloads import gib
from model.survey import Survey
from model.weights import check_weights

UNTRIED = {
    "shieldgemma": "ShieldGemma's own weights were never run here, only small ones of its architecture",
    "clause_judge": "how well a model judges by clauses was not measured",
    "label_judge": "how well it judges was not measured",
}
"""By the judge's name, what nobody has tried."""


def judge_conditions(settings: Settings, looked_at: Survey) -> Iterator[Condition]:
    """Look at each judge that is set; yields nothing where none is."""
    set_up = {name: source for name in UNTRIED if (source := getattr(settings, name)) is not None}
    if not set_up:
        return
    try:
        require_judges(settings)
    except SettingsError as error:
        yield Condition("judges", "bad", str(error))
        return
    for name, source in set_up.items():
        is_served = name == "clause_judge" and needs_served(settings)
        said = tried(name, lambda: _served(settings)) if is_served else _of_its_own(name, source, looked_at)
        untried = f"Unverified: {UNTRIED[name]}."
        yield said if said.state == "bad" else Condition(name, "note", f"{said.said} {untried}")


def _served(settings: Settings) -> str:
    if settings.server_url:
        return (
            "the server that answers judges as well, from the 20 likeliest tokens that it lists; a server "
            "without log probabilities cannot, and suspects are then withheld."
        )
    small = " The bundled model is far too small to judge: it guesses." if settings.model == DEMO else ""
    return f"the model that answers judges as well; its questions wait for no reply.{small}"


def _of_its_own(name: str, source: str, looked_at: Survey) -> Condition:
    advice = next((one for one in looked_at.all if one.checkpoint.id == source), None)
    if advice is not None and advice.missing:
        return Condition(name, "bad", " ".join(advice.missing))
    if (folder := place_of(source)) is not None:
        return tried(name, lambda: _downloaded(source, folder))
    size = f"{gib(advice.weights)} of weights as {advice.precision}, " if advice else ""
    return Condition(name, "note", f"{source}: {size}to be downloaded at the start, which waits for it.")


def _downloaded(source: str, folder: Path) -> str:
    check_weights(folder)
    size = sum(file.stat().st_size for file in weight_files(folder))
    return f"{source}: {gib(size)} of weights, beside those of the model that answers."
