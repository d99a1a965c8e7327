"""``prunelle convolve``, as typed."""

from __future__ import annotations

import json

from scipy import signal

from tests.integration.command import prunelle


def test_numbers_in_the_terminal():
    done = prunelle("convolve", "1,2,3,2,1", "--kernel", "-1,0,1", "--padding", "1", "--stride", "2")
    assert done.code == 0, done.err
    assert done.out == (
        "Input:   5\nKernel:  3\nOutput:  3\n"
        "Formula: y[i] = Σ(u=0..2) k[u] · x[2i + u − 1]   (cross-correlation)\n"
        "Size:    ⌊(5 + 2 − 3) / 2⌋ + 1 = 3\n\n 2   0  −2\n"
    )


def test_json_holds_every_number():
    done = prunelle("convolve", "digit:4", "--kernel", "sobel-y", "--flip", "--padding", "same", "--json")
    found = json.loads(done.out)
    expected = signal.convolve(found["input"], found["kernel"], mode="same")
    assert found["output"] == expected.tolist()
    assert found["flip"] is True
    assert found["padding"] == [[1, 1], [1, 1]]


def test_figures(tmp_path):
    out = tmp_path / "figures"
    done = prunelle(
        "convolve", "digit:4", "--kernel", "1,2;3,4", "--stride", "2x1", "--output", out,
        "--only", "operation, pooling", "--language", "fr", "--quiet",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert f"Figures\xa0: {out / 'convolve.html'}" in done.out
    names = {path.name for path in out.iterdir()}
    assert names == {"convolve.html", "operation.png", "operation.svg", "pooling.png", "pooling.svg"}
    assert "4 × 7" in done.out.replace("Output:  ", "")


def test_errors_are_sentences(tmp_path):
    for arguments, code, words in (
        (["nonsense"], 2, "unknown input (and no file of that name) 'nonsense'"),
        ([tmp_path / "none.jpg"], 1, "there is no picture"),
        (["digit:4", "--kernel", "sobel"], 2, "Did you mean 'sobel-"),
        (
            ["digit:4", "--kernel", "gaussian:9"],
            2,
            "kernel must fit into the padded input; it spans 9 values",
        ),
        (["digit:4", "--kernel", "1,2;3"], 2, "numbers must be written as"),
        (["digit:4", "--padding", "sme"], 2, "Did you mean 'same'?"),
        (["digit:4", "--stride", "two"], 2, "'two' is no whole number; give it as 2, or as 2x1"),
        (["digit:4", "--only", "steps"], 2, "--only needs --output DIR."),
        (["digit:4", "--only", "step", "--output", tmp_path], 2, "Did you mean 'steps'?"),
        (["step", "--only", "channels", "--output", tmp_path], 2, "channels needs a colour picture"),
    ):
        done = prunelle("convolve", *arguments)
        assert done.code == code, (arguments, done)
        assert words in done.err, (arguments, done.err)
        assert "Traceback" not in done.err


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    done = prunelle("convolve", "1,2,3", "--kernel", "1", "--output", tmp_path / "file" / "x")
    assert done.code == 1
    assert "Not a directory" in done.err
