"""The page: a network that can be touched, in a browser on this machine.

``server`` answers the browser, behind ``guard``; a ``tab`` is one of its windows, and holds panels (``panel`` is their
contract, ``panels`` lists them). What a panel shows comes from ``prunelle.tasks``, and ``wire`` brings it over. The
browser's side is ES modules, as they are, beside what they show: ``static/`` has the page's own.
"""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prunelle.errors import ArgumentError, did_you_mean

if TYPE_CHECKING:
    from prunelle.page.house import Subject
    from prunelle.page.server import Server
    from prunelle.runs.run import Run

INSTALL = "pip install 'prunelle[page]'"


def open(
    subject: Subject | None = None,
    *,
    runs: str | Path = "runs",
    host: str = "127.0.0.1",
    port: int | None = None,
    exposed: bool = False,
    browser: bool = True,
    **options: Any,
) -> Server:
    """Opens a network in the browser, to look into and to play with; the server goes on in a thread of its own.

    Args:
        subject: a run or its folder, the name of a network, a module, what ``pretrained`` gives; a folder of runs;
            a folder of labelled pictures, to train on; None for the runs alone.
        runs: where the runs are, and where those go that are started from the page.
        host: the address to listen at. Beyond loopback others reach it.
        port: None for 8710, or the next that is free.
        exposed: that ``host`` is beyond loopback, and is meant to be.
        browser: whether to open one.
        options: of a network: ``weights``, ``size``, ``preprocess``, ``class_names``… as ``look_into`` takes them.

    Returns:
        The server: ``address()`` for another browser, ``close()`` to end it.

    Raises:
        ArgumentError: it is nothing that can be opened; the extra is missing; nothing can listen there.

    Example:
        >>> server = prunelle.open("runs/20261121-143000-lenet5-mnist")
    """
    return _opened(_house(subject, Path(runs), options), host, port, exposed, browser)


def open_review(
    run: Run | str | Path,
    *,
    decisions: str | Path | None = None,
    runs: str | Path | None = None,
    host: str = "127.0.0.1",
    port: int | None = None,
    exposed: bool = False,
    browser: bool = True,
) -> Server:
    """Opens a run's examples in the browser, to look at its errors and to decide: keep, relabel, leave out.

    Args:
        run: or its folder.
        decisions: the file that they go to; None for ``decisions.csv`` in the run's folder.
        runs: where the other runs are, and where new ones go; None for the folder that this one is in.
        host, port, exposed, browser: as ``open``.

    Raises:
        ArgumentError, RunError: it is no run; the extra is missing; nothing can listen there.

    Example:
        >>> server = prunelle.page.open_review("runs/20261121-143000-lenet5-mnist")
    """
    from prunelle.runs.run import Run as OpenedRun

    opened = run if isinstance(run, OpenedRun) else OpenedRun.open(run)
    house = _house(opened, opened.path.absolute().parent if runs is None else Path(runs), {})
    house.panel, house.decisions = "review", None if decisions is None else Path(decisions).absolute()
    return _opened(house, host, port, exposed, browser)


def _opened(house: Any, host: str, port: int | None, exposed: bool, browser: bool) -> Server:
    try:
        from prunelle.page.server import Server
    except ImportError as error:
        raise ArgumentError(f"the page needs packages that are not there ({error.name}): {INSTALL}") from None
    server = Server(house, host=host, port=port, exposed=exposed)
    if browser:
        webbrowser.open(server.address())
    return server


def _house(subject: Subject | None, runs: Path, options: dict[str, Any]) -> Any:
    from prunelle import networks
    from prunelle.page.house import House
    from prunelle.runs.run import Run

    given = {name: value for name, value in options.items() if value is not None}
    path = Path(subject) if isinstance(subject, str | Path) else None
    if path is not None and path.is_dir():
        if (path / "run.json").is_file():
            return House(subject=Run.open(path), options=given, runs_folder=runs)
        if any(path.glob("*/run.json")) or any(path.glob("*/*/run.json")):
            return House(runs_folder=path)
        return House(runs_folder=runs, folders=(path,))
    if path is not None and not networks.is_known(str(subject)):
        raise ArgumentError(
            f"{subject} is no run, no network, and no folder of runs or of labelled pictures."
            f"{did_you_mean(str(subject), (*networks.names(), *networks.ALIASES))}"
        )
    return House(subject=subject, options=given, runs_folder=runs)
