"""Kills, failing disks and signals in the middle of a command; what is typed next must end as if nothing was."""

from __future__ import annotations

import errno
import random
import shutil
import signal
from collections.abc import Iterator, Sequence
from typing import Any

from prunelle.runs.folder import GALLERY
from tests.torture.judging import bytes_of, differences, leftovers, printed_commands, wrong_with
from tests.torture.report import Verdict
from tests.torture.scenarios import Scenario, Theatre
from tests.torture.shim import CHANGES, Fault
from tests.torture.victim import Outcome

_HOPS = 4
_ERRORS = {
    "ENOSPC": ("open-write", "write", "truncate", "mkdir", "rename", "sync", "close", "link"),
    "EDQUOT": ("open-write", "write", "truncate", "mkdir", "rename", "sync", "close", "link"),
    "EIO": ("write", "truncate", "sync", "close", "read", "unlink"),
    "EMFILE": ("open-read", "open-write"),
}
_PASSING = 0.5
"""Share of faults that pass, as a disk does when somebody makes room; the others stay."""


def kill(theatre: Theatre, scenario: Scenario, fraction: float, draw: random.Random) -> Verdict:
    """SIGKILL before, after or in the middle of the call at ``fraction`` of all that change a file."""
    _, calls = theatre.reference(scenario)
    action = draw.choice(("kill-before", "kill-before", "kill-after", "kill-half"))
    fault = Fault(action, at=1 + int(fraction * calls))
    return _suffered(theatre, scenario, fault, (0, -signal.SIGKILL), draw)


def fail(theatre: Theatre, scenario: Scenario, fraction: float, draw: random.Random) -> Verdict:
    """A full disk, an exhausted quota, a failing one, too many open files, or writes that are cut short."""
    name = draw.choice(("ENOSPC", "ENOSPC", "ENOSPC", "EIO", "EIO", "EDQUOT", "EMFILE", "short"))
    if name == "short":
        _, calls = theatre.reference(scenario)
        fault = Fault("short", 1 + int(fraction * calls), ("write",), sticky=draw.random() < _PASSING)
    else:
        kinds = _ERRORS[name]
        calls = _counted(theatre, scenario, kinds)
        sticky = draw.random() >= _PASSING
        fault = Fault("fail", 1 + int(fraction * calls), kinds, getattr(errno, name), sticky)
    return _suffered(theatre, scenario, fault, (0, 1), draw)


def interrupt(theatre: Theatre, scenario: Scenario, fraction: float, draw: random.Random) -> Verdict:
    """SIGINT or SIGTERM at a call that touches a file."""
    kinds = (*CHANGES, "read", "open-read")
    number = draw.choice((signal.SIGINT, signal.SIGTERM))
    at = 1 + int(fraction * _counted(theatre, scenario, kinds))
    # Outside of a training a SIGTERM ends a command as it ends any other.
    codes = (0, 128 + number) if number == signal.SIGINT else (0, 128 + number, -number)
    return _suffered(theatre, scenario, Fault("signal", at, kinds, number), codes, draw)


def _counted(theatre: Theatre, scenario: Scenario, kinds: tuple[str, ...]) -> int:
    key = f"{scenario.name} {kinds}"
    if key not in theatre.counts:
        theatre.set_up(*scenario.base)
        theatre.counts[key] = theatre.run(theatre.argv(scenario.argv), Fault(kinds=kinds)).calls
    return theatre.counts[key]


def _suffered(
    theatre: Theatre, scenario: Scenario, fault: Fault, codes: tuple[int, ...], draw: random.Random
) -> Verdict:
    wanted, _ = theatre.reference(scenario)
    theatre.set_up(*scenario.base)
    untouched = bytes_of(theatre.trial / "runs" / "earlier")
    victim = theatre.run(theatre.argv(scenario.argv), fault)
    verdict = Verdict(f"{fault} ({victim.struck or 'it did not strike'})")
    verdict.add(victim, wrong_with(victim, codes=codes))
    keep(theatre)
    ended = victim
    # A program goes on where only its recording is refused, and says so; then the same again is as it should be.
    if victim.code != 0 or "run folder is not complete" in victim.err:
        for ended in _next(theatre, scenario, victim, wanted, draw):
            verdict.add(ended, wrong_with(ended))
        if ended.code != 0 and not _is_whole(theatre, scenario, ended, wanted):
            verdict.fault(f"cannot go on: {ended.command} says: {ended.err.strip()[-300:]}")
    if ended.code == 0:
        verdict.compare(lambda: scenario.results(theatre.trial, ended), wanted, "not the same end")
        if scenario.sweeps:
            for left in leftovers(theatre.trial):
                verdict.fault(f"left behind: {left}")
    if bytes_of(theatre.trial / "runs" / "earlier") != untouched:
        verdict.fault("an earlier run was touched")
    return verdict


def _is_whole(theatre: Theatre, scenario: Scenario, ended: Outcome, wanted: Any) -> bool:
    """All was written before the kill, and a command that would write it again refuses.

    The lock, which nobody holds any more, is the last thing that goes.
    """
    try:
        found = scenario.results(theatre.trial, ended)
        return not differences(wanted, {name: value for name, value in found.items() if name != GALLERY.lock})
    except Exception:
        return False


def _next(
    theatre: Theatre, scenario: Scenario, victim: Outcome, wanted: Any, draw: random.Random
) -> Iterator[Outcome]:
    """What a user types, until it succeeds: a line that is printed, or the same again, or ``--resume``.

    A printed line may make whole what the command reads; what the command would have made is still to be made.
    """
    own = [theatre.argv(text) for text in (scenario.argv, *scenario.goes_on)]
    draw.shuffle(own)
    tried: list[Sequence[str]] = []
    ended = victim
    for _ in range(_HOPS):
        printed = [line for line in printed_commands(ended) if line not in tried]
        left = printed + [line for line in own if line not in tried]
        if not left:
            return
        tried.append(left[0])
        ended = theatre.run(left[0])
        yield ended
        if ended.code == 0 and (left[0] in own or _is_whole(theatre, scenario, ended, wanted)):
            return


def keep(theatre: Theatre) -> None:
    """What the victim left, in case that something is wrong with what follows."""
    kept = theatre.place / "left"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(theatre.trial, kept, symlinks=True)
