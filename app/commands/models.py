"""`python app.py model …`: which weights are downloaded on this machine, and how to delete them."""

from typing import Annotated

import typer

from app.commands import Invocation
from app.port import require_free_port
from app.settings import Settings, SettingsError
from model.catalog import is_folder
from model.downloads import Download, downloads, gib, remove
from model.types import ModelError

models = typer.Typer(no_args_is_help=True, help="List and delete the weights that were downloaded.")


@models.command("list")
def list_() -> None:
    """List what lies in the Hugging Face cache of this machine; other programs may use it as well."""
    found = downloads()
    if not found:
        print("No weights have been downloaded on this machine. The bundled checkpoint needs none.")
    for one in found:
        print(_line(one))
        for revision in one.revisions:
            print(f"  {revision.commit[:12]}\t{gib(revision.size)}\t{', '.join(revision.names) or 'no name'}")


@models.command("remove")
def remove_(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="The checkpoint, as `model list` names it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
) -> None:
    """Delete every downloaded revision of a checkpoint; conversations and settings stay."""
    invocation: Invocation = context.obj
    if is_folder(id):
        raise ModelError(f"{id!r} was not downloaded by Bezel, so Bezel does not delete it.")
    require_idle(id, invocation.settings)
    found = next((one for one in downloads() if one.id == id), None)
    if found is not None and not yes:
        typer.confirm(f"Delete {gib(found.size)} of {id} from {found.folder}?", abort=True)
    print(f"Removed {id}: {gib(remove(id).size)} are free again.")


def require_idle(id: str, settings: Settings) -> None:
    """Raise ModelError where this checkpoint is set and its port is taken: a running Bezel may use it."""
    if settings.model != id:
        return
    try:
        require_free_port(settings)
    except SettingsError:
        raise ModelError(
            f"{id} is BEZEL_MODEL, and something answers on port {settings.port}, which may be Bezel with "
            "these weights; stop it first."
        ) from None


def _line(one: Download) -> str:
    state = "" if one.has_weights else "\tno weights: cut short, or a configuration alone"
    return f"{one.id}\t{gib(one.size)}{state}"
