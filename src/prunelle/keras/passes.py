"""A training's steps on Prunelle's passes, where they compute what Keras's own step computes.

One ``Session`` a ``fit``: the model as one module (``lowering``), and its ``TrainingPass``. Keras's losses, optimiser
and metrics do their own work; what changes is how outputs, gradients and the values of metrics are had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

from prunelle.keras.floor import keras, private
from prunelle.keras.losses import OLD_NAMES
from prunelle.keras.lowering import CalledAsItIs, Lowered, NotLowered, lower
from prunelle.keras.optimizers import like_layout
from prunelle.training import speed
from prunelle.training.fast import TrainingPass, training_pass

_OWN_STEPS = ("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics")
_SESSION = "_prunelle_session"


class Session:
    """The passes of one model while it trains, is evaluated or predicts."""

    def __init__(self, model: Any, lowered: Lowered, running: ExitStack) -> None:
        self._model, self._lowered, self._running = model, lowered, running
        self._pass: tuple[object, TrainingPass] | None = None
        self._variables = list(model.trainable_variables)
        # Asked for once: each question goes through several functions of Keras's, at every step.
        self._plain = False
        self._values = [v.value for v in self._variables]
        functional = getattr(model, "_functional", None) or model
        to_torch = private("backend.torch.core").to_torch_dtype
        self._dtypes = [to_torch(each.dtype) for each in functional._inputs]
        self._struct = functional._outputs_struct
        self._single = len(keras.tree.flatten(self._struct)) == 1 and not isinstance(self._struct, dict)
        shared = {id(each.variable) for each in lowered.shared}
        self._alone = [v for v in self._variables if id(v) not in shared]
        self._gradient = {id(each.variable): each for each in lowered.shared}
        self._penalised = [v for v in self._variables if getattr(v, "regularizer", None) is not None]
        self._own_code = any(
            isinstance(module, CalledAsItIs) and module.calls_a_users_code
            for module in lowered.network.modules()
        )
        self._means: list[tuple[Any, int]] = []

    def step(self, x: Any, y: Any, weights: Any) -> tuple[torch.Tensor, Any]:
        """One step of training: the loss, and the outputs as the model's own call gives them."""
        model = self._model
        inputs = self._inputs(x)
        labels = [_as_tensor(each) for each in ([] if y is None else flat(y))]
        given = [_as_tensor(each) for each in ([] if weights is None else flat(weights))]
        form = torch.is_tensor(y) or y is None or keras.tree.map_structure(lambda _: 0, y)
        like = len(inputs), form, len(given), model._compile_loss
        if self._pass is None or self._pass[0] != like:
            self._means = [] if given or y is None else _means(model)
            self._pass = like, self._running.enter_context(self._passes(inputs, y, weights).running())
            if not model.optimizer.built:
                model.optimizer.build(self._variables)
            lay_moments(model.optimizer, self._variables)
            self._plain = is_plain(model.optimizer, self._variables)
        for variable in self._penalised + self._alone:
            variable.value.grad = None
        loss, *found = self._pass[1](*inputs, *labels, *given)
        penalty = self._penalty()
        if penalty is not None:
            loss = loss + penalty.detach()
        with torch.no_grad():
            self._apply(
                model.optimizer, [self._of(*each) for each in zip(self._variables, self._values, strict=True)]
            )
        sums, outputs = found[: len(self._means)], found[len(self._means) :]
        for (metric, _), total in zip(self._means, sums, strict=True):
            add(metric, total, len(inputs[0]))
        return loss, self._structured(outputs)

    def end(self) -> None:
        """Nothing of it waits for Python's collector of circles, which does not know how large gradients are."""
        self._pass = None  # its forward pass is this session's
        for each in self._lowered.shared:
            each.parameter.grad = None

    @property
    def measures(self) -> bool:
        """Whether ``step`` has told the metrics of the model, too."""
        return bool(self._means) or self._model._compile_metrics is None

    def outputs(self, x: Any) -> Any:
        """What the model answers in evaluation mode."""
        network = self._lowered.network
        trains = network.training
        if trains:
            network.eval()
        try:
            with torch.no_grad():
                return self._structured(self._lowered(self._inputs(x)))
        finally:
            if trains:
                network.train()

    def _inputs(self, x: Any) -> list[torch.Tensor]:
        """Each in the type that the model says: numbers of words stay whole."""
        tensors = map(_as_tensor, flat(x))
        return [each.to(dtype) for each, dtype in zip(tensors, self._dtypes, strict=True)]

    def _of(self, variable: Any, value: torch.Tensor) -> torch.Tensor | None:
        """The gradient: that of the passes, and that of a penalty, which is in the variable."""
        shared = self._gradient.get(id(variable))
        passed, own = None if shared is None else shared.gradient(), value.grad
        return own if passed is None else passed if own is None else passed + own

    def _apply(self, optimizer: Any, grads: list[torch.Tensor | None]) -> None:
        """``optimizer.apply``; a plain one's step without the questions that it asks itself at each."""
        if not self._plain or any(grad is None for grad in grads):
            optimizer.apply(grads, self._variables)
            return
        take_plain_step(optimizer, grads, self._variables)

    def _penalty(self) -> torch.Tensor | None:
        """That of the weights, whose gradients it adds."""
        if not self._penalised:
            return None
        penalty = sum(v.regularizer(v.value) for v in self._penalised)
        assert isinstance(penalty, torch.Tensor)
        penalty.backward()  # type: ignore[no-untyped-call]
        return penalty

    def _structured(self, outputs: list[torch.Tensor]) -> Any:
        if self._single:
            return outputs[0]
        made = keras.tree.pack_sequence_as(self._struct, outputs)
        return made[0] if isinstance(made, (list, tuple)) and len(made) == 1 else made

    def _passes(self, inputs: list[torch.Tensor], y: Any, weights: Any) -> TrainingPass:
        number, labels = len(inputs), 0 if y is None else len(keras.tree.flatten(y))
        objective, lowered, means = self._model._compile_loss, self._lowered, self._means

        def forward(*tensors: torch.Tensor) -> list[torch.Tensor]:
            outputs = lowered(tensors[:number])
            truths = list(tensors[number : number + labels])
            truth = None if y is None else keras.tree.pack_sequence_as(y, truths)
            given = (
                None
                if weights is None
                else keras.tree.pack_sequence_as(weights, list(tensors[number + labels :]))
            )
            loss = objective(truth, self._structured(outputs), given)
            sums = [
                _samplewise_sum(
                    metric._fn(truths[i], outputs[i].detach(), **metric._fn_kwargs), len(truths[i])
                )
                for metric, i in means
            ]
            return [loss, *sums, *outputs]

        return training_pass(
            forward,
            lowered.network,
            torch.device("cpu"),
            len(inputs[0]),
            # Of several losses Keras keeps the means while it adds them up.
            capturable=self._single
            and not self._own_code
            and _is_kerass_own(self._model.loss)
            and _is_fixed(objective),
        )


def add(metric: Any, total: torch.Tensor, examples: int) -> None:
    """``examples`` values that add up to ``total`` go into a mean of Keras's."""
    with torch.no_grad():
        metric.total.value.add_(total.detach())
        metric.count.value.add_(examples)


def _samplewise_sum(values: torch.Tensor, examples: int) -> torch.Tensor:
    """The sum of ``(N,)`` values, or of the means of each example's ``(N, …)``."""
    return values.float().reshape(examples, -1).mean(1).sum()


def _means(model: Any) -> list[tuple[Any, int]]:
    """Metrics that are means of a function of Keras's own, each with the number of its output; none if others are.

    Those are told within the pass, where their values cost no Python of their own.
    """
    compiled, wrapper = model._compile_metrics, keras.metrics.MeanMetricWrapper
    if compiled is None or not compiled.built or len(model.outputs) != 1:
        return []
    found: list[tuple[Any, int]] = []
    for number, each in enumerate((*compiled._flat_metrics, *compiled._flat_weighted_metrics)):
        for metric in [] if each is None else each.metrics:
            function = getattr(metric, "_fn", None)
            simple = isinstance(metric, wrapper) and type(metric).update_state is wrapper.update_state
            if not simple or private("api_export").get_name_from_symbol(function) is None:
                return []
            found.append((metric, number % len(compiled._flat_metrics)))
    return found


def lay_moments(optimizer: Any, variables: list[Any]) -> None:
    """An optimiser's moments in the order of memory of their variables, so that one pass over memory does a step."""
    by_path: dict[tuple[int, ...], Any] = {}
    for variable in variables:
        by_path.setdefault(tuple(variable.shape), variable)
    for moment in optimizer.variables:
        like = by_path.get(tuple(moment.shape))
        if like is not None:
            moment.value.data = like_layout(moment.value.detach(), like.value)


def is_plain(optimizer: Any, variables: list[Any]) -> bool:
    """Whether a step of an optimiser is its formula and nothing else."""
    return (
        isinstance(optimizer, _PARALLEL)
        and optimizer.gradient_accumulation_steps is None
        and not optimizer.use_ema
        and optimizer.weight_decay is None
        and optimizer.loss_scale_factor is None
        and optimizer.clipnorm is None
        and optimizer.clipvalue is None
        and optimizer.global_clipnorm is None
        and type(optimizer).apply is keras.optimizers.Optimizer.apply
        and not any(v.constraint is not None or v.overwrite_with_gradient for v in variables)
    )


def take_plain_step(optimizer: Any, grads: list[Any], variables: list[Any]) -> None:
    """``optimizer.apply`` of one that ``is_plain``, without the questions that it asks itself at each step."""
    optimizer._backend_update_step(grads, variables, optimizer._get_current_learning_rate())
    optimizer._iterations.value.add_(1)


def in_order(model: Any, x: Any) -> Any:
    """Of a mapping, what a model with a list of inputs has under their names, in their order; ``tree`` sorts keys."""
    if not isinstance(x, Mapping):  # asked at every step, and a model takes long to say what it has not
        return x
    graph = getattr(model, "_functional", None) or model
    if isinstance(getattr(graph, "_inputs_struct", {}), Mapping):
        return x
    names = input_names(graph)
    if not set(names) <= set(x):
        return x  # Keras says what is missing
    found = [x[name] for name in names]
    return found if len(found) > 1 else found[0]


def input_names(graph: Any) -> list[str]:
    """What a model's graph calls its inputs, in their order."""
    return [each._keras_history.operation.name for each in graph._inputs]


def flat(values: Any) -> list[Any]:
    """``keras.tree.flatten``; of one tensor without asking what it is."""
    return [values] if torch.is_tensor(values) else list(keras.tree.flatten(values))


def _as_tensor(value: Any) -> Any:
    return value if torch.is_tensor(value) else keras.ops.convert_to_tensor(value)


_PARALLEL = private("backend.torch.optimizers.torch_parallel_optimizer").TorchParallelOptimizer


def _is_kerass_own(loss: Any) -> bool:
    return all(_one_is(each) for each in keras.tree.flatten(loss))


def _is_fixed(objective: Any) -> bool:
    """Whether the weights of losses are numbers: a variable's may be another at the next step."""
    weights = keras.tree.flatten(objective._user_loss_weights)
    return all(each is None or isinstance(each, (int, float)) for each in weights)


def _one_is(loss: Any) -> bool:
    """By what it is: a function that ``functools.wraps`` dressed up has the module of the one inside."""
    if loss is None:
        return True
    if isinstance(loss, str):
        return loss in OLD_NAMES and loss not in keras.saving.get_custom_objects()
    named = private("api_export").get_name_from_symbol
    function = getattr(loss, "fn", None)
    kind = type(loss) if isinstance(loss, keras.losses.Loss) else loss
    return named(kind) is not None and (function is None or named(function) is not None)


def session_of(model: Any) -> Session | None:
    """The open one."""
    found: Session | None = model.__dict__.get(_SESSION)
    return found


def give_up(model: Any) -> None:
    """Keras's own steps from here on: a layer does what no pass may leave out."""
    model.__dict__[_SESSION] = None


@contextmanager
def session(model: Any, *, training: bool) -> Iterator[None]:
    """Inside, the model's steps are taken by a ``Session`` where they can be."""
    before = session_of(model)
    with ExitStack() as running:
        made = model.__dict__[_SESSION] = _begun(model, running, training)
        try:
            yield
        finally:
            model.__dict__[_SESSION] = before
            if made is not None:
                made.end()


def _begun(model: Any, running: ExitStack, training: bool) -> Session | None:
    own, functional = type(model), private("models.functional").Functional
    kind = keras.Sequential if isinstance(model, keras.Sequential) else functional
    if any(getattr(own, name) is not getattr(keras.Model, name) for name in _OWN_STEPS):
        return None
    if not isinstance(model, kind) or own.call is not kind.call or not model.built:
        return None
    if training and (model._compile_loss is None or not model.trainable_variables):
        return None
    if model.dtype_policy.name != "float32" or model.__dict__.get("_prunelle_extra"):
        return None
    if any(v.value.device.type != "cpu" for v in model.variables):
        return None
    try:
        lowered = lower(model)
    except NotLowered:
        return None
    if training:
        speed.keep_large_blocks()
        speed.avoid_overrun(lowered.network)
    lowered.network.train(training)
    return Session(model, lowered, running)
