"""What notebooks import that only Colab, MyST-NB or Jupyter's widgets have."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.notebooks.lessons import run


@pytest.mark.parametrize("options", [(), ("--kernel",)], ids=["here", "kernel"])
def test_colab(options: tuple[str, ...]) -> None:
    Path("uploads").mkdir()
    Path("uploads/kaggle.json").write_text("{}")
    done = run(
        "import sys\n'google.colab' in sys.modules",
        "from google.colab import drive, files\ndrive.mount('/content/nowhere')",
        "sorted(files.upload()), open('kaggle.json').read()",
        "files.download('kaggle.json')",
        "from google.colab import output, auth\noutput.clear()\nauth.authenticate_user()",
        "import os\nos.environ['KEY'] = 'secret'\nfrom google.colab import userdata\nuserdata.get('KEY')",
        "userdata.get('OTHER')",
        "import numpy as np\nfrom google.colab.patches import cv2_imshow\ncv2_imshow(np.zeros((2, 3, 3)))",
        options=options,
    )
    assert done.shown(1) == [{"text/plain": "False"}]
    assert "What the notebook reads below /content/nowhere must be put there" in done.said(2, "stderr")
    assert done.shown(3) == [{"text/plain": "(['kaggle.json'], '{}')"}]
    assert "the file is " in done.said(4, "stderr")
    assert "nobody is asked for an account" in done.said(5, "stderr")
    assert done.shown(6) == [{"text/plain": "'secret'"}]
    assert done.error(7)[1].startswith("userdata.get('OTHER') reads what a person keeps at Google Colab.")
    assert "image/png" in done.shown(8)[0]
    assert "google.colab" not in sys.modules


def test_the_content_of_an_upload_is_not_shown() -> None:
    Path("uploads").mkdir()
    Path("uploads/kaggle.json").write_text('{"key": "secret"}')
    done = run("from google.colab import files\nfiles.upload()", "files.upload()['kaggle.json']")
    assert done.shown(1) == [{"text/plain": "{'kaggle.json': <17 bytes>}"}]
    assert "secret" in done.shown(2)[0]["text/plain"]
    assert "secret" not in json.dumps(done.code[0].outputs)


def test_uploads_that_are_not_there_say_where_to_put_them(tmp_path: Path) -> None:
    done = run("from google.colab import files\nfiles.upload()")
    assert f"Put them into the folder {tmp_path / 'uploads'}, from which they are taken." in done.finished.err


def test_a_notebook_that_asks_whether_it_is_on_colab_is_told_no() -> None:
    done = run(
        "try:\n    import google.colab\n    on_colab = True\nexcept ImportError:\n    on_colab = False\nprint(on_colab)"
    )
    assert done.said(1) == "False\n"


def test_glue_and_bars() -> None:
    done = run(
        "from myst_nb import glue\nglue('answer', 41)",
        "glue('hidden', 42, display=False)",
        "from tqdm.notebook import tqdm, trange\nfrom tqdm.auto import tqdm as auto\n"
        "print(sum(tqdm(range(3))), len(list(trange(2))), len(list(auto(range(4)))))",
    )
    assert done.shown(1) == [{"text/plain": "41"}]
    assert done.shown(2) == [{"application/papermill.record/text/plain": "42"}]
    assert done.said(3) == "3 2 4\n"
    assert "100%" in done.said(3, "stderr")
    assert done.finished.code == 0, done.finished.err
