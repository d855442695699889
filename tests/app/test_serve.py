from dataclasses import replace

import pytest

from app.commands.serve import model_said
from app.models import start_model
from app.settings import Settings
from model.fake import FAKE, FakeModel
from model.progress import Progress
from model.starting import StartingModel
from model.types import ModelError


@pytest.fixture
def settings(tmp_path):
    """These settings over the defaults, with nothing from a file of this machine."""
    return lambda **chosen: Settings(_env_file=None, data_folder=tmp_path, **chosen)


def test_a_checkpoint_is_described_at_once_and_loaded_only_when_it_is_begun(settings):
    model = start_model(settings(model="bezel-demo"))

    assert model.checkpoint.id == "bezel-demo"
    assert model.progress == Progress("checking")


@pytest.mark.parametrize("named", ["./no-such-folder", "nonsense"])
def test_a_checkpoint_that_is_none_ends_the_start(settings, named):
    with pytest.raises(ModelError, match=named):
        start_model(settings(model=named))


def test_a_model_on_servers_is_not_loaded_here(settings):
    assert start_model(settings(server_url="http://127.0.0.1:1/v1")) is None


def test_the_start_names_the_model_and_says_while_it_is_being_loaded(parts):
    model = StartingModel(lambda report: FakeModel(["Hello."]), FAKE)
    waiting = replace(parts, model=model, starting=model)

    before = model_said(waiting)
    model.begin()
    model._thread.join(20)

    assert before.startswith("Fake model (fake@0); it is being loaded")
    assert model_said(waiting) == model_said(parts) == "Fake model (fake@0)"


def test_the_start_says_that_a_base_model_is_not_tuned_to_chat(parts):
    base = FakeModel(["Hello."], checkpoint=replace(FAKE, kind="base"))

    assert "completes text and is not tuned to chat" in model_said(replace(parts, model=base))
