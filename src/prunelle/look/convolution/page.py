"""The page of a convolution: stills and animations in one HTML file that loads nothing."""

from __future__ import annotations

import base64
import dataclasses
import html
import io
import json
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from prunelle.drawing.film import Animation
from prunelle.drawing.palette import BLUE, EDGE, INK, MUTED, WASH, WHITE
from prunelle.look.policy import content_policy
from prunelle.texts import Language, Note

PLAY = Note("Play", "Lecture")
PAUSE = Note("Pause", "Pause")
STEP_BACK = Note("Previous frame", "Image précédente")
STEP_ON = Note("Next frame", "Image suivante")
FRAME = Note("Frame", "Image")
KEYS = Note(
    "Space plays and pauses; the arrow keys go one frame on or back.",
    "Espace lance et arrête ; les flèches avancent ou reculent d’une image.",
)


def webp(picture: Path) -> bytes:
    """A PNG file as WebP, much smaller, at a quality at which text stays sharp."""
    buffer = io.BytesIO()
    with Image.open(picture) as image:
        image.convert("RGB").save(buffer, "WEBP", quality=90)
    return buffer.getvalue()


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of a page: a still as the bytes of a WebP file, or an animation."""

    title: str
    text: str
    picture: bytes | Animation


def page(title: str, intro: str, sections: Sequence[Section], language: Language) -> str:
    """An HTML page in one file: it loads nothing, and can be sent or shown without a network."""
    body, players = [], []
    for index, section in enumerate(sections):
        if isinstance(section.picture, Animation):
            players.append(
                {
                    "frames": [base64.b64encode(png).decode() for png in section.picture.pngs],
                    "ms": round(1000 * section.picture.frame_s),
                }
            )
            shown = _PLAYER.format(
                index=len(players) - 1, last=len(section.picture.frames) - 1, **_labels(language)
            )
        else:
            source = base64.b64encode(section.picture).decode()
            shown = f'<img src="data:image/webp;base64,{source}" alt="{html.escape(section.title)}">'
        heading = f"<h2>{html.escape(section.title)}</h2>" if len(sections) > 1 else ""
        text = f"<p>{html.escape(section.text)}</p>" if section.text else ""
        body.append(f'<section id="part-{index + 1}">{heading}{text}{shown}</section>')
    keys = f"<footer>{_in(KEYS, language)}</footer>" if players else ""
    # In a script element, only "</" could end it early.
    values = {
        "players": json.dumps(players).replace("</", "<\\/"),
        "play": json.dumps(_in(PLAY, language)),
        "pause": json.dumps(_in(PAUSE, language)),
    }
    script = _SCRIPT.format(**values) if players else ""
    return _PAGE.format(
        language=language,
        policy=content_policy(scripts=(script,) if script else ()),
        title=html.escape(title),
        intro=f"<p>{html.escape(intro)}</p>" if intro else "",
        body="\n".join(body) + keys,
        script=f"<script>{script}</script>" if script else "",
        ink=INK,
        white=WHITE,
        blue=BLUE,
        edge=EDGE,
        wash=WASH,
        muted=MUTED,
    )


def _in(note: Note, language: Language) -> str:
    return note.fr if language == "fr" else note.en


def _labels(language: Language) -> dict[str, str]:
    notes = {"play": PLAY, "back": STEP_BACK, "on": STEP_ON, "frame": FRAME}
    return {name: html.escape(_in(note, language)) for name, note in notes.items()}


_PLAYER = """<div class="player" data-player="{index}"><img alt="">
<div class="controls"><button class="back" title="{back}" aria-label="{back}">◀</button>
<button class="play">{play}</button>
<button class="on" title="{on}" aria-label="{on}">▶</button>
<input type="range" min="0" max="{last}" value="0" aria-label="{frame}"><output></output></div></div>"""

_PAGE = """<!doctype html>
<html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>
body {{ font: 17px/1.5 system-ui, "DejaVu Sans", sans-serif; color: {ink}; background: {white};
  max-width: 1040px; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ font-size: 1.6rem; }} h2 {{ font-size: 1.25rem; margin: 2.5rem 0 .5rem; }}
img {{ width: 100%; height: auto; display: block; }}
.controls {{ display: flex; gap: .5rem; align-items: center; margin-top: .5rem; }}
.controls input {{ flex: 1; accent-color: {blue}; }}
button {{ font: inherit; padding: .3rem .8rem; border: 1px solid {edge}; border-radius: 6px;
  background: {wash}; color: inherit; cursor: pointer; }}
.play {{ min-width: 6rem; }} output {{ color: {muted}; min-width: 4.5rem; text-align: right; }}
footer {{ color: {muted}; margin: 2rem 0; }}
</style>
<h1>{title}</h1>{intro}
{body}
{script}
</html>
"""

_SCRIPT = """
const players = {players};
let current = null;
document.querySelectorAll(".player").forEach((root) => {{
  const {{ frames, ms }} = players[root.dataset.player];
  const [image, slider, count] = ["img", "input", "output"].map((name) => root.querySelector(name));
  const button = root.querySelector(".play");
  let at = 0, timer = null;
  const show = (frame) => {{
    at = (frame + frames.length) % frames.length;
    image.src = "data:image/png;base64," + frames[at];
    slider.value = at;
    count.value = at + 1 + " / " + frames.length;
  }};
  const stop = () => {{ clearTimeout(timer); timer = null; button.textContent = {play}; }};
  const next = () => {{ show(at + 1); timer = setTimeout(next, at === frames.length - 1 ? ms + 1500 : ms); }};
  const player = {{
    toggle: () => {{ if (timer) stop(); else {{ button.textContent = {pause}; next(); }} }},
    step: (by) => {{ stop(); show(at + by); }},
  }};
  button.onclick = player.toggle;
  root.querySelector(".back").onclick = () => player.step(-1);
  root.querySelector(".on").onclick = () => player.step(1);
  slider.oninput = () => {{ stop(); show(Number(slider.value)); }};
  root.addEventListener("pointerdown", () => {{ current = player; }});
  current ??= player;
  show(0);
}});
document.addEventListener("keydown", (event) => {{
  if (!current || event.target.matches("input, button")) return;
  const act = {{ " ": () => current.toggle(), ArrowRight: () => current.step(1), ArrowLeft: () => current.step(-1) }};
  if (act[event.key]) {{ event.preventDefault(); act[event.key](); }}
}});
"""
