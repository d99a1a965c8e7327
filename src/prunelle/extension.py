"""``%load_ext prunelle``: in Jupyter, VS Code and Colab, ``import keras`` and ``tensorflow.keras`` are Prunelle's.

``%prunelle`` says what holds, ``%prunelle off`` switches back, ``%prunelle on --keras tf2 --epochs 1`` on again.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from prunelle.errors import PrunelleError
from prunelle.jobs.kernel_session import KernelRequest, KernelSession, is_there
from prunelle.notebooks.commands import say
from prunelle.texts import Note

_ON = Note(
    "import keras and tensorflow.keras are Prunelle's from here on; %prunelle off switches back.",
    "import keras et tensorflow.keras sont désormais ceux de Prunelle ; %prunelle off revient en arrière.",
)
_THERE = Note(
    "keras and tensorflow.keras are Prunelle's here already: prunelle run sees to it.",
    "keras et tensorflow.keras sont déjà ceux de Prunelle ici : prunelle run s’en charge.",
)
_OFF = Note(
    "keras and tensorflow are what they were: import them again.",
    "keras et tensorflow sont redevenus ce qu’ils étaient : importez-les de nouveau.",
)
_IS_ON = Note("On, as {title}.", "Actif, pour {title}.")
_WAITS = Note("On; no cell has imported keras yet.", "Actif ; aucune cellule n’a encore importé keras.")
_IS_OFF = Note("Off; %prunelle on switches it on.", "Inactif ; %prunelle on l’active.")
_ERROR = Note("Error: {what}", "Erreur : {what}")

_session: KernelSession | None = None


def _tell(note: Note, **values: object) -> None:
    say(note, to=sys.stdout, **values)


def load(shell: Any) -> None:
    """What ``%load_ext prunelle`` does to an IPython shell."""
    shell.register_magic_function(lambda line: _magic(shell, line), "line", "prunelle")
    if is_there():
        _tell(_THERE)
    else:
        _switch_on(shell, KernelRequest())


def unload(shell: Any) -> None:
    """What ``%unload_ext prunelle`` does."""
    _switch_off()
    shell.magics_manager.magics["line"].pop("prunelle", None)


def _magic(shell: Any, line: str) -> None:
    command = _command(shell)
    try:
        command.main(shlex.split(line), "%prunelle", standalone_mode=False)
    except click.ClickException as error:
        say(_ERROR, what=error.format_message())


def _command(shell: Any) -> click.Command:
    @click.command(add_help_option=False)
    @click.argument("what", type=click.Choice(["on", "off", "state"]), default="state")
    @click.option("--keras", type=click.Choice(["1", "2.3", "tf2", "3"]))
    @click.option("--runs", type=click.Path(path_type=Path), default=Path("runs"))
    @click.option("--epochs", type=click.IntRange(min=1))
    @click.option("--seed", type=int)
    def prunelle(what: str, keras: str | None, runs: Path, epochs: int | None, seed: int | None) -> None:
        if what == "on":
            _switch_off()
            _switch_on(shell, KernelRequest(keras=keras, runs=runs, epochs=epochs, seed=seed))
        elif what == "off":
            _switch_off()
            _tell(_OFF)
        elif _session is None:
            _tell(_IS_OFF)
        elif _session.told is None:
            _tell(_WAITS)
        else:
            _tell(_IS_ON, title=_session.told.generation.title)

    return prunelle


def _switch_on(shell: Any, request: KernelRequest) -> None:
    global _session
    session = KernelSession(shell, request, _tell)
    try:
        session.begin()
    except PrunelleError as error:
        say(_ERROR, what=error)
        return
    _session = session
    _tell(_ON)


def _switch_off() -> None:
    global _session
    if _session is not None:
        _session.end()
        _session = None
