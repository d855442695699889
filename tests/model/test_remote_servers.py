import asyncio

import pytest

from model.remote_servers import Servers, checkpoint_of
from model.types import ModelError

GONE = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "url",
    [
        "gpu-1:8000",
        "ftp://gpu-1",
        "http://",
        "http://me:s3cret@gpu-1",
        "http://gpu-1/?key=s3cret",
        "http://a:b",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_not_shown(url):
    with pytest.raises(ModelError, match="must be like http://HOST:PORT") as refused:
        Servers([url])

    assert "s3cret" not in str(refused.value)


def test_no_address_is_refused():
    with pytest.raises(ModelError, match="must be at least one"):
        Servers([])


@pytest.mark.parametrize("url", ["http://gpu-1:8000", "http://gpu-1:8000/", "http://gpu-1:8000/v1/"])
def test_an_address_may_be_written_with_or_without_its_version(url):
    assert Servers([url]).order(None) == ["http://gpu-1:8000/v1"]


def test_the_one_that_failed_is_asked_last():
    servers = Servers(["http://a", "http://b", "http://c"])

    servers.rest("http://b/v1")

    assert all(servers.order(None)[-1] == "http://b/v1" for _ in range(6))


async def test_what_the_servers_list_is_what_they_serve(scripted, over):
    server = await scripted()
    server.models = {"data": [{"id": "google/gemma-2-2b-it", "max_model_len": 4096}, {"id": "other"}]}

    checkpoint = (await over(server)).checkpoint

    assert checkpoint.id == "google/gemma-2-2b-it"
    assert checkpoint.title == "Gemma 2 2B Instruct"
    assert (checkpoint.context_length, checkpoint.revision) == (4096, f"served by 127.0.0.1:{server.port}")


async def test_the_host_may_say_the_name_and_the_context(scripted, over):
    server = await scripted()
    server.models = {"data": [{"id": "one"}, {"id": "two"}]}

    checkpoint = (await over(server, model="two", context_length=2048)).checkpoint

    assert (checkpoint.id, checkpoint.context_length) == ("two", 2048)


async def test_a_name_that_is_not_served_is_refused_at_the_start(scripted, over):
    with pytest.raises(ModelError, match="serves gemma, not 'other'"):
        await over(await scripted(), model="other")


async def test_a_server_that_lists_nothing_needs_a_name(scripted, over):
    server = await scripted()
    server.models = {"data": []}

    with pytest.raises(ModelError, match="does not say what it serves"):
        await over(server)


async def test_servers_that_do_not_answer_are_named_at_the_start():
    servers = Servers([GONE, "http://127.0.0.1:2"])

    with pytest.raises(ModelError, match=r"No model's server answers at 127\.0\.0\.1:1, 127\.0\.0\.1:2"):
        await asyncio.to_thread(servers.greet, None, 1.0)


async def test_one_replica_that_answers_is_enough_to_start(scripted):
    server = await scripted()
    servers = Servers([GONE, server.url])

    served = await asyncio.to_thread(servers.greet, None, 1.0)

    assert served.names == ("gemma",)
    assert servers.order(None)[0] == f"{server.url}/v1"


@pytest.mark.parametrize("name", ["/srv/models/gemma", "./gemma", "~/models/gemma/"])
def test_a_path_of_the_servers_machine_is_not_shown(name):
    assert checkpoint_of(name, "gpu-1", None).id == "gemma"
