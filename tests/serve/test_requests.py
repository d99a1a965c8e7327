"""What a request may look like, and what is answered: worked out by hand, and beside ``prunelle.predict``."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import prunelle as pn
from prunelle import tasks
from prunelle.data.series.preprocess import SeriesPreprocess
from prunelle.data.targets import Number, SeveralLabels
from prunelle.jobs.answerer import Answerer
from prunelle.planning.weights import Pretrained
from prunelle.serve.server import Server
from tests.pictures import bad_pictures, make_folder
from tests.serve.conftest import Red, answerer, ask, picture, predict, probabilities

RED, BLUE = (200, 40, 0), (0, 0, 250)


def test_several_pictures_are_answered_in_their_order(server: Server) -> None:
    told = predict(server, ("a.png", picture(*RED)), ("ü.jpg", picture(*BLUE, "JPEG")), query="?top=2")
    assert told.status == 200
    assert told.json["model"] == "colours"
    first, second = told.json["answers"]
    assert (first["file"], second["file"]) == ("a.png", "ü.jpg")
    wanted = probabilities(*RED)
    assert [each["class"] for each in first["predictions"]] == ["red", "green"]
    assert [each["probability"] for each in first["predictions"]] == pytest.approx(wanted[:2], abs=1e-6)
    assert second["predictions"][0]["class"] == "blue"


def test_one_picture_is_the_body_itself(server: Server) -> None:
    for kind in ("image/png", "application/octet-stream", "Image/PNG; charset=binary"):
        told = ask(server, "POST", "/predict", picture(*BLUE), Content_Type=kind, X_Filename="sky.png")
        assert told.status == 200
        (answer,) = told.json["answers"]
        assert answer["file"] == "sky.png"
        assert [each["class"] for each in answer["predictions"]] == ["blue", "red", "green"]


def test_json_has_base64_with_or_without_names(server: Server) -> None:
    text = base64.b64encode(picture(*RED)).decode()
    body = json.dumps({"pictures": [text, {"name": "r", "data": f"data:image/png;base64,{text}"}, "no!"]})
    told = ask(server, "POST", "/predict", body, Content_Type="application/json")
    assert told.status == 200
    answers = told.json["answers"]
    assert [each["file"] for each in answers] == ["0", "r", "2"]
    assert [each["predictions"][0]["class"] for each in answers[:2]] == ["red", "red"]
    assert answers[2] == {"file": "2", "predictions": [], "error": "no base64"}


def test_a_bad_picture_has_its_own_error_and_the_others_their_answers(server: Server) -> None:
    bad = bad_pictures()
    files = [("good.png", picture(*RED)), *((name, content) for name, (content, _) in bad.items())]
    told = predict(server, *files, ("last.png", picture(*BLUE)))
    assert told.status == 200
    first, *middle, last = told.json["answers"]
    assert first["predictions"][0]["class"] == "red"
    assert last["predictions"][0]["class"] == "blue"
    for answer, (name, (_, reason)) in zip(middle, bad.items(), strict=True):
        pixels = reason.startswith("decompression bomb")
        expected = "too large: 60000×60000 pixels; here at most 64,000,000 are decoded" if pixels else reason
        assert answer == {"file": name, "predictions": [], "error": expected}


def test_where_nothing_can_be_read_the_status_says_so(server: Server) -> None:
    told = ask(server, "POST", "/predict", b"no picture", Content_Type="image/jpeg")
    assert told.status == 422
    assert told.json["answers"][0]["error"].startswith("not a picture")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?top=0", "top must be at least 1; received 0"),
        ("?top=x", "top must be a number; received 'x'"),
        ("?limit=3", "unknown parameter 'limit'"),
        ("?unsure=0.1", "unsure, sets and unlike go with a run"),
        ("?unsure=2", "unsure must be a share between 0 and 1"),
        ("?sets=nan", "sets must be a share"),
    ],
)
def test_what_cannot_be_asked_is_said(server: Server, query: str, said: str) -> None:
    told = predict(server, ("a.png", picture(*RED)), query=query)
    assert told.status == 400
    assert said in told.json["error"]


@pytest.mark.parametrize(
    ("kind", "body", "status", "said"),
    [
        ("application/x-www-form-urlencoded", b"a=b", 415, "received application/x-www-form-urlencoded"),
        ("", b"a", 415, "no content type"),
        ("application/json", b"{", 400, "the JSON cannot be read"),
        ("application/json", b'{"series": []}', 400, 'must be {"pictures": […]}'),
        ("application/json", b'{"pictures": []}', 400, "there are no pictures in this request"),
        ("application/json", b'{"pictures": [3]}', 400, "must be"),
        ("application/json", b'{"pictures": ' + b"[" * 9999 + b"]" * 9999 + b"}", 400, ""),
        ("multipart/form-data", b"--x--", 400, "the form cannot be read"),
        ("multipart/form-data; boundary=x", b"nothing of a form", 400, "the form cannot be read"),
        ("multipart/form-data; boundary=x", b"", 400, "there are no pictures"),
    ],
)
def test_a_body_that_is_none_is_said(server: Server, kind: str, body: bytes, status: int, said: str) -> None:
    headers = {"Content_Type": kind} if kind else {}
    told = ask(server, "POST", "/predict", body, **headers)
    assert (told.status, said in told.json["error"]) == (status, True), told.body
    # The connection was not given up on: the refusal came at once, and the next request goes through.
    assert ask(server, "GET", "/health").json == {"status": "ok"}


def test_numbers_for_a_network_of_pictures_are_an_error_of_their_own(server: Server) -> None:
    told = ask(server, "POST", "/predict", b'{"pictures": [[1, 2]]}', Content_Type="application/json")
    assert told.status == 422
    assert told.json["answers"][0]["error"] == "numbers were given, where examples are pictures."


def test_several_labels_have_their_thresholds(serve: Callable[..., Server]) -> None:
    target = SeveralLabels((0.9, 0.1, 0.5))
    told = predict(serve(answerer(target=target)), ("a.png", picture(*RED)), query="?top=1")
    sigmoid = 1 / (1 + np.exp(-np.array(RED) / 255 / 0.25))
    (answer,) = told.json["answers"]
    assert set(answer["labels"]) == {"red", "green", "blue"}
    found = {each["label"]: each["probability"] for each in answer["predictions"]}
    assert [found[name] for name in ("red", "green", "blue")] == pytest.approx(sigmoid, abs=1e-6)


def test_numbers_are_in_their_own_unit_with_an_interval(serve: Callable[..., Server]) -> None:
    ready = answerer(Red(), target=Number(mean=10.0, std=2.0, median=10.0), classes=("age",)).with_width(
        1.5, 0.4
    )
    (answer,) = predict(serve(ready), ("a.png", picture(255, 0, 0))).json["answers"]
    assert answer["name"] == "age"
    assert answer["number"] == pytest.approx(10 + 2 * 4)
    assert answer["interval"] == pytest.approx([16.5, 19.5])


class Peak(nn.Module):
    """``(N, 1, T)`` → ``(N, 2)``: the largest value, and the smallest."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.head = nn.Identity(), nn.Identity()

    def forward(self, series: torch.Tensor) -> torch.Tensor:
        return self.head(torch.stack([series.amax(dim=(1, 2)), -series.amin(dim=(1, 2))], dim=1))


def test_series_come_as_lists_and_as_files(serve: Callable[..., Server]) -> None:
    settings = SeriesPreprocess(length=4, mean=(0.0,), std=(1.0,), steps=4)
    made: object = Pretrained(Peak(), ("up", "down"), True, settings, "peaks")  # type: ignore[arg-type]
    server = serve(tasks.answerer(made, runtime="torch", style="quiet"))  # type: ignore[arg-type]
    body = {"series": [[0, 1, 5, 0], {"name": "low", "data": [0, -9, None, 1]}, ["x", 1], [1, [2]]]}
    told = ask(server, "POST", "/predict", json.dumps(body), Content_Type="application/json")
    up, down, wrong, ragged = told.json["answers"]
    assert (up["predictions"][0]["class"], down["predictions"][0]["class"]) == ("up", "down")
    assert up["predictions"][0]["probability"] == pytest.approx(1 / (1 + np.exp(-5)), abs=1e-6)
    assert down["file"] == "low"
    assert "must be lists of numbers" in wrong["error"]
    assert "must be lists of numbers" in ragged["error"]
    table = b"0,1,5,0\n0,-9,-9,1\n"
    told = ask(server, "POST", "/predict", table, Content_Type="text/csv")
    assert [each["file"] for each in told.json["answers"]] == ["body.csv:1", "body.csv:2"]
    assert [each["predictions"][0]["class"] for each in told.json["answers"]] == ["up", "down"]
    told = predict(server, ("a.csv", table), ("b.jpg", b"\xff\xd8\xff"))
    assert [each["file"] for each in told.json["answers"]] == ["a.csv:1", "a.csv:2", "b.jpg"]
    assert "is no file of series" in told.json["answers"][2]["error"]
    many = b"0,1,5,0\n" * 100
    assert ask(server, "POST", "/predict", many, Content_Type="text/csv").status == 413


def photos_and_run(folder: Path) -> tuple[Path, pn.Run]:
    """Photos that one tells apart, and a network that does."""
    photos = make_folder(folder / "photos", ("oak", "birch"), 120, (24, 24))
    recipe = pn.Recipe(epochs=4, batch_size=16)
    return photos, pn.train("lenet5", photos, recipe, output=folder / "run", style="quiet")


def trained(folder: Path) -> Answerer:
    """A run that can be asked with caution, in PyTorch."""
    return tasks.answerer(photos_and_run(folder)[1], runtime="torch", style="quiet")


def test_a_run_answers_as_predict_does_with_caution_too(tmp_path: Path, serve: Callable[..., Server]) -> None:
    photos = make_folder(tmp_path / "photos", ("oak", "birch"), 120, (24, 24))
    run = pn.train(
        "lenet5", photos, pn.Recipe(epochs=4, batch_size=16), output=tmp_path / "run", style="quiet"
    )
    files = sorted(photos.rglob("*.jpg"))[::24]
    noise = tmp_path / "noise.png"
    noise.write_bytes(picture(255, 0, 255))
    server = serve(tasks.answerer(run, runtime="torch", style="quiet"))
    for query, asked in (
        ("", {}),
        ("?top=1", {"top": 1}),
        ("?sets=0.2&unlike=0", {"sets": 0.2, "unlike": 0.0}),
        ("?unlike=0.1", {"unlike": 0.1}),
        ("?unsure=0.4", {"unsure": 0.4}),
    ):
        wanted = [each.to_json() for each in pn.predict(run, [*files, noise], style="quiet", **asked)]
        told = predict(server, *((str(file), file.read_bytes()) for file in (*files, noise)), query=query)
        assert told.status == 200
        for given, expected in zip(told.json["answers"], wanted, strict=True):
            assert given.keys() == expected.keys()
            for name in ("file", "answer", "doubt", "among"):
                assert given.get(name) == expected.get(name)
            for one, other in zip(given["predictions"], expected["predictions"], strict=True):
                assert one["class"] == other["class"]
                assert one["probability"] == pytest.approx(other["probability"], abs=1e-5)
