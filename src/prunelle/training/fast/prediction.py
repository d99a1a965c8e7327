"""A network's answers in less time where there are many to give: a copy of it that can only answer.

In the copy, batch normalisations are folded into the convolutions, and wide 3×3 convolutions have a quarter of the
products (``fast.winograd``); that takes a second or two. Compiling it takes five to thirty seconds more,
so it is done where the first batch says that there are minutes of work to come. What decides in the end is measured:
the fastest copy is kept if it is faster than the network on a real batch, and gives the same there
(docs/lab/performance.md).
"""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Callable
from typing import Literal, cast, get_args

import torch
from torch import fx, nn

from prunelle.errors import UnknownName
from prunelle.scalars import plain_arguments
from prunelle.texts import Note
from prunelle.training.fast.winograd import with_winograd
from prunelle.training.outputs import class_logits, evaluation_mode
from prunelle.training.speed import channels_last

Compile = Literal["auto", "always", "never"]
Function = Callable[[torch.Tensor], torch.Tensor]

COPY_FROM_S = 60.0
"""Seconds of work still to come from which ``auto`` tries a copy that is not compiled."""

COMPILE_FROM_S = 180.0
"""Seconds of work still to come from which ``auto`` compiles, too."""

_GAIN = 1.05  # below, the two are taken for equally fast
_CLOSE = 1e-3  # of the largest logit; a copy further off than rounding explains is thrown away
_MARGIN = 10.0


@plain_arguments
def predictor(
    network: nn.Module,
    *,
    num_examples: int = 0,
    compile: Compile = "auto",
    note: Callable[[Note], None] | None = None,
) -> Predictor:
    """Answers of a network that is trained, in less time where there are many to give.

    No predicted class changes: a picture whose two best logits are within twenty times the largest difference
    between the copy and the network, on the batch that compared them, is given to the network itself.

    Args:
        network: anything that gives ``(N, num_classes)`` logits, or ``(N, 1)`` for two classes, in evaluation mode. It
            is not changed, and its modes are as they were after each call. Weights that change later are not seen by
            a copy: ask for another predictor then.
        num_examples: how many are to come; 0 where nobody knows, and ``auto`` then calls the network as it is.
        compile: ``auto`` tries copies on a CPU where ``COPY_FROM_S`` of work are left after the first batch, and
            compiles where ``COMPILE_FROM_S`` are; ``always`` and ``never`` do as they say. A machine without a C++
            compiler gets a copy that is not compiled.
        note: told in words when the network could not be compiled.

    Returns:
        Called with a prepared batch, ``(N, C, H, W)`` pictures or ``(N, C, T)`` series, float32, normalised
        (``Preprocess.normalise``), on the network's device, it gives probabilities ``(N, num_classes)`` float64 in
        [0, 1] on the CPU, which add up to 1 for each example.

    Raises:
        UnknownName: ``compile`` is none of the three.
        ArgumentError: when it is called, of a network that gives no logits of classes.

    Example:
        >>> answer = predictor(network, num_examples=10_000)
        >>> answer(preprocess.normalise(images)).argmax(dim=1)
        tensor([7, 2, 1])
    """
    return Predictor(network, num_examples, compile, note)


class Predictor:
    """What ``predictor`` gives: calls the network, or a faster copy of it once that pays."""

    def __init__(
        self,
        network: nn.Module,
        num_examples: int,
        compile: Compile,
        note: Callable[[Note], None] | None,
    ) -> None:
        if compile not in get_args(Compile):
            raise UnknownName("compile", compile, get_args(Compile))
        self._network, self._left, self._note = network, num_examples, note
        self._compile = compile
        self._copy: Function | None = None
        self._batch_size = 0
        self._tolerance = 0.0

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """``(N, C, H, W)`` or ``(N, C, T)``, normalised → ``(N, num_classes)`` float64 probabilities, on the CPU."""
        with evaluation_mode(self._network):
            outputs = self.outputs(images)
            # One output is for two classes; what is no tensor of logits at all, class_logits says.
            num_classes = outputs.shape[1] if isinstance(outputs, torch.Tensor) and outputs.ndim > 1 else 2
            return class_logits(outputs, max(num_classes, 2)).cpu().double().softmax(dim=1)

    def outputs(self, images: torch.Tensor) -> torch.Tensor:
        """The same batch → what the network itself gives. To be called inside ``evaluation_mode``."""
        self._left -= len(images)
        if self._copy is not None:
            return self._by_copy(images, self._copy)
        begin = time.perf_counter()
        outputs: torch.Tensor = self._network(images)
        ways = self._worth_trying(images, time.perf_counter() - begin)
        if ways and isinstance(outputs, torch.Tensor) and outputs.ndim == 2:
            self._choose(images, outputs, ways)
            self._compile = "never"  # decided, whatever came of it
        return outputs

    @property
    def compiled(self) -> bool:
        """Whether a copy answers now."""
        return self._copy is not None

    def _worth_trying(self, images: torch.Tensor, seconds: float) -> list[Callable[[nn.Module], Function]]:
        if self._compile == "always":
            return [_compiled, _folded]
        if self._compile == "never" or images.device.type != "cpu":
            return []
        left = seconds / len(images) * self._left
        return [_folded, _compiled] if left >= COMPILE_FROM_S else [_folded] if left >= COPY_FROM_S else []

    def _choose(
        self, images: torch.Tensor, outputs: torch.Tensor, ways: list[Callable[[nn.Module], Function]]
    ) -> None:
        """Keeps the fastest copy that gives the same; or the first one, where a copy is asked for."""
        always = self._compile == "always"
        fastest = float("inf") if always else _seconds(self._network, images)
        for make in ways:
            try:
                candidate = make(self._network)
                candidate_outputs = candidate(images)
            except Exception as error:  # compilers fail in their own ways
                if make is _compiled and self._note is not None:
                    self._note(_not_compiled(error))
                continue
            difference = float((candidate_outputs - outputs).abs().max())
            if not difference <= _CLOSE * max(float(outputs.abs().max()), 1e-6):
                continue  # NaN too
            if always or (seconds := _seconds(candidate, images)) * _GAIN < fastest:
                self._copy, self._batch_size = candidate, len(images)
                self._tolerance = _MARGIN * max(difference, float(outputs.abs().max()) * 1e-6)
                if always:
                    return
                fastest = seconds

    def _by_copy(self, images: torch.Tensor, faster: Function) -> torch.Tensor:
        n, whole = len(images), self._batch_size
        if n > whole:
            return torch.cat([self._by_copy(part, faster) for part in torch.split(images, whole)])
        if n < whole:  # another size would be compiled anew
            images = channels_last(torch.cat([images, images[:1].expand(whole - n, *images.shape[1:])]))
        outputs = faster(images)[:n]
        # One output is the logit of the second class against 0.
        two = outputs.topk(2, dim=1).values if outputs.shape[1] > 1 else outputs.abs()
        margin = two[:, 0] - two[:, 1] if outputs.shape[1] > 1 else two[:, 0]
        # Twice, as both of the best logits may be off, in opposite directions.
        close = (margin <= 2 * self._tolerance).nonzero()[:, 0]
        if len(close):
            outputs = outputs.index_copy(0, close, self._network(images[close]))
        return outputs


def _compiled(network: nn.Module) -> Function:
    import torch._inductor.config as inductor

    try:
        copied = _folded(network)
    except Exception:  # what torch.fx cannot follow, torch.compile may
        copied = copy.deepcopy(network)
    function = torch.compile(copied, dynamic=False)

    def call(images: torch.Tensor) -> torch.Tensor:
        # Compiled at the first call; weights become constants, laid out as the processor's kernels want them.
        with inductor.patch(freezing=True):
            return function(images)  # type: ignore[no-any-return]

    return call


def _folded(network: nn.Module) -> nn.Module:
    from torch.fx.experimental.optimization import fuse

    traced = fx.symbolic_trace(network)
    calls = Counter(node.target for node in traced.graph.nodes if node.op == "call_module")
    # ``fuse`` would fold twice what is called twice.
    again = any(calls[name] > 1 for name, module in traced.named_modules() if list(module.parameters(False)))
    folded = copy.deepcopy(traced) if again else cast(fx.GraphModule, fuse(traced, no_trace=True))
    folded.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return with_winograd(folded)


def _seconds(function: Function, images: torch.Tensor) -> float:
    """The better of two runs."""
    times = []
    for _ in range(2):
        begin = time.perf_counter()
        function(images)
        times.append(time.perf_counter() - begin)
    return min(times)


def _not_compiled(error: Exception) -> Note:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    reason = lines[0][:200]
    return Note(
        f"The network could not be compiled ({reason}); predicting goes on without. A C++ compiler (g++, clang) "
        f"is needed for that; --compile never does not try.",
        f"Le réseau n’a pas pu être compilé ({reason}) ; la prédiction continue sans. Il y faut un compilateur C++ "
        f"(g++, clang) ; --compile never n’essaie pas.",
    )
