"""What all layers took and had before Keras 3, laid over Keras's own ``Layer``."""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from prunelle.keras import differences, initializers, old_layers, penalties
from prunelle.keras.drawn import drawn
from prunelle.keras.floor import keras, private, without_compiler
from prunelle.keras.generations import Generation, in_force
from prunelle.keras.graphs import LEARNING_PHASE, is_symbolic
from prunelle.keras.overlay import Overlay, like
from prunelle.training import speed

_NO_MEANING = ("batch_size", "dynamic", "input_length", "force_generator")


def lay(overlay: Overlay, generation: Generation) -> None:
    """``input_shape=``, ``weights=``, ``layer.output_shape``, ``add_weight(name, shape)`` and their like."""
    layer = keras.layers.Layer
    overlay.put(layer, "__init__", _init(layer.__init__))
    overlay.put(layer, "__call__", _remembering_what_was_said(layer.__call__))
    overlay.put(layer, "add_weight", _add_weight(layer.add_weight))
    overlay.put(layer, "input_shape", property(lambda self: _shape_of(self, "input")))
    overlay.put(layer, "output_shape", property(lambda self: _shape_of(self, "output")))
    overlay.put(layer, "get_input_at", lambda self, node_index: _at(self, node_index, "input_tensors"))
    overlay.put(layer, "get_output_at", lambda self, node_index: _at(self, node_index, "outputs"))
    overlay.put(layer, "get_input_shape_at", lambda self, i: _shape(_at(self, i, "input_tensors")))
    overlay.put(layer, "get_output_shape_at", lambda self, i: _shape(_at(self, i, "outputs")))
    overlay.put(layer, "get_input_mask_at", lambda self, node_index: None)
    overlay.put(layer, "get_output_mask_at", lambda self, node_index: None)
    overlay.put(layer, "input_mask", None)
    overlay.put(layer, "output_mask", None)
    overlay.put(layer, "inbound_nodes", property(lambda self: self._inbound_nodes))
    overlay.put(layer, "outbound_nodes", property(lambda self: self._outbound_nodes))
    penalties.lay(overlay, generation)
    overlay.put(layer, "batch_input_shape", property(lambda self: getattr(self, "_batch_input_shape", None)))
    for kind in old_layers.LAYERS:
        overlay.enter(private("saving.object_registration").GLOBAL_CUSTOM_OBJECTS, kind.__name__, kind)
    overlay.put(keras.Sequential, "add", _add(keras.Sequential.add))
    overlay.put(keras.layers.RNN, "call", _from_copies(keras.layers.RNN.call))
    overlay.put(keras.layers.RNN, "reset_states", lambda self, states=None: self.reset_state())
    overlay.put(keras.Model, "reset_states", _reset_states)
    torches = private("backend.torch.nn")
    overlay.put(torches, "conv", _without_overrun(torches.conv))
    overlay.put(torches, "average_pool", _average_pool(torches.average_pool))
    if differences.NAMED_INPUT_1.of(generation):
        operation = private("ops.operation")
        overlay.put(operation, "auto_name", lambda prefix: _named(prefix, generation))
    if generation != Generation.KERAS_3:
        _until_keras_2(overlay, layer)
    normalization = keras.layers.BatchNormalization
    overlay.put(normalization, "call", _keeping_the_samples(normalization.call))
    if differences.FROZEN_BY_BATCH.of(generation):
        overlay.put(normalization, "call", _by_batch(normalization.call))
    if differences.PICTURES_STACKED.of(generation):
        pictures = private(
            "layers.preprocessing.image_preprocessing.base_image_preprocessing_layer"
        ).BaseImagePreprocessingLayer
        overlay.put(pictures, "__call__", _of_pictures(pictures.__call__))


def _of_pictures(original: Any) -> Any:
    """A list of pictures is a batch of them; pictures of bytes are computed with as numbers."""

    @like(original)
    def __call__(self: Any, inputs: Any, *args: Any, **given: Any) -> Any:  # noqa: N807
        if isinstance(inputs, list | tuple) and inputs and not any(map(is_symbolic, inputs)):
            inputs = keras.ops.stack([keras.ops.convert_to_tensor(picture) for picture in inputs])
        if not is_symbolic(inputs) and not isinstance(inputs, dict):
            inputs = keras.ops.cast(inputs, self.compute_dtype)
        return original(self, inputs, *args, **given)

    return __call__


def _until_keras_2(overlay: Overlay, layer: Any) -> None:
    overlay.put(layer, "compute_mask", _compute_mask(layer.compute_mask))
    for name in ("trainable", "non_trainable"):
        listed = getattr(layer, f"{name}_weights").fget
        overlay.put(layer, f"{name}_weights", property(listed, _track))
        overlay.put(layer, f"_{name}_weights", property(operator.attrgetter(f"_{name}_variables")))
    overlay.put(layer, "compute_output_shape", _compute_output_shape(layer.compute_output_shape))
    for kind in ("conv.BaseConv", "separable_conv.BaseSeparableConv", "depthwise_conv.BaseDepthwiseConv"):
        base = private(f"layers.convolutional.base_{kind}")
        overlay.put(base, "build", _knowing_its_channels(base.build))
    for kind in (f"SpatialDropout{n}D" for n in (1, 2, 3)):
        cls = getattr(keras.layers, kind)
        overlay.put(cls, "__init__", _taking_what_all_take(cls.__init__))
    for cls in (keras.layers.Subtract, keras.layers.Concatenate):
        overlay.put(cls, "compute_output_shape", _of_several(cls.compute_output_shape))
    first = keras.layers.InputLayer
    overlay.put(first, "__init__", _of_a_value(first.__init__))
    overlay.put(first, "input", property(lambda self: self.output))  # in Keras 3, nothing
    leaky = keras.layers.LeakyReLU
    overlay.put(leaky, "__init__", _of_any_slope(leaky.__init__))


def _of_a_value(original: Any) -> Any:
    """``Input(tensor=…)`` of a tensor or a variable that has a value: it is what a function takes there."""

    @like(original)
    def __init__(self: Any, *args: Any, input_tensor: Any = None, **given: Any) -> None:  # noqa: N807
        if "input_shape" in given:  # Keras 3 takes it with a warning
            given["shape"] = given.pop("input_shape")
        if input_tensor is None or is_symbolic(input_tensor):
            original(self, *args, input_tensor=input_tensor, **given)
            return
        value = keras.ops.convert_to_tensor(input_tensor)
        told = {"batch_shape": tuple(value.shape), "dtype": keras.backend.standardize_dtype(value.dtype)}
        original(self, **told, name=given.get("name"))
        self.output._prunelle_value = input_tensor

    return __init__


def _from_copies(original: Any) -> Any:
    """A stateful layer begins with copies of its states: it writes to them before PyTorch has its gradients."""

    @like(original)
    def call(
        self: Any, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        if initial_state is None and self.stateful and not is_symbolic(sequences):
            initial_state = keras.tree.map_structure(lambda state: state.value.detach().clone(), self.states)
        return original(self, sequences, initial_state=initial_state, mask=mask, training=training)

    return call


def _reset_states(self: Any) -> None:
    for layer in self._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.RNN) and layer.stateful:
            layer.reset_state()


def _without_overrun(original: Any) -> Any:
    """Keras's convolution, of pixels that its strides leave out beforehand where oneDNN would overrun its memory.

    See ``training.speed.avoid_overrun``. A kernel of 1×1 reads nothing of what is left out, whatever the padding.
    """

    @like(original)
    def conv(
        inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", *args: Any, **given: Any
    ) -> Any:
        order = given.get("data_format", args[0] if args else None) or keras.config.image_data_format()
        by = (strides,) * 2 if isinstance(strides, int) else tuple(strides)
        if tuple(kernel.shape[:2]) == (1, 1) and kernel.ndim == 4 and speed.overruns(kernel.shape[2], by):
            over = tuple(slice(None, None, step) for step in by)
            inputs = inputs[:, *over] if order == "channels_last" else inputs[:, :, *over]
            strides = 1
        return original(inputs, kernel, strides, padding, *args, **given)

    return conv


def _named(prefix: str, generation: Generation) -> str:
    """``dense_1``, ``dense_2`` until tf.keras, then ``dense``, ``dense_1``; ``input_1`` until Keras 3."""
    naming = private("utils.naming")
    name = naming.to_snake_case(prefix)
    name = {"functional": "model", "input_layer": "input"}.get(name, name)
    if differences.NUMBERED_FROM_ONE.of(generation) or name == "input":
        return f"{name}_{naming.get_uid(name)}"
    found: str = naming.uniquify(name)
    return found


@contextmanager
def names_untouched(*names: str) -> Iterator[None]:
    """What is made inside, and not by the program, takes none of the numbers that its own names get."""
    uids = private("backend.common.global_state").get_global_attribute("object_name_uids", {})
    before = {name: uids[name] for name in names if name in uids}
    yield
    for name in names:
        uids.pop(name, None)
    uids.update(before)


def _average_pool(original: Any) -> Any:
    """With ``same`` padding the mean of what of a window is inside, as TensorFlow's.

    On PyTorch, Keras 3.15 repeats the border where the padding before and after a side differs, and counts it.
    """

    @like(original)
    def pool(
        inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None
    ) -> Any:
        if padding != "same":
            return original(inputs, pool_size, strides, padding, data_format)
        inputs = keras.ops.convert_to_tensor(inputs)
        rank, first = inputs.ndim - 2, (data_format or keras.config.image_data_format()) == "channels_first"
        sides = inputs.shape[2:] if first else inputs.shape[1:-1]
        sizes = (pool_size,) * rank if isinstance(pool_size, int) else tuple(pool_size)
        steps = strides or sizes
        steps = (steps,) * rank if isinstance(steps, int) else tuple(steps)
        around: list[int] = []
        for side, size, step in zip(sides, sizes, steps, strict=True):
            outside = max((-(-side // step) - 1) * step + size - side, 0)
            around = [outside // 2, outside - outside // 2, *around]
        around = around if first else [0, 0, *around]
        inside = inputs.new_ones((1, 1, *sides) if first else (1, *sides, 1))
        total, share = (
            original(torch.nn.functional.pad(each, around), sizes, steps, "valid", data_format)
            for each in (inputs, inside)
        )
        return total / share

    return pool


def _init(original: Any) -> Any:
    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        size = given.pop("batch_size", None)
        whole = given.pop("batch_input_shape", None)
        weights = given.pop("weights", None)
        kind = given.pop("input_dtype", None)
        for name in _NO_MEANING:
            given.pop(name, None)
        if "input_shape" in given and not isinstance(given["input_shape"], (list, tuple)):
            given["input_shape"] = (given["input_shape"],)
        if whole is not None:
            given["input_shape"] = tuple(whole)[1:]
        elif size is not None and "input_shape" in given:
            whole = (size, *given["input_shape"])
        if "trainable" in given:
            given["trainable"] = bool(given["trainable"])
        if isinstance(given.get("name"), str):
            given["name"] = given["name"].replace("/", "_")  # Keras 3 keeps the stroke for paths
        import warnings

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Do not pass an `input_shape`")
            original(self, *args, **given)
        if whole is not None:
            self._batch_input_shape = tuple(whole)
        if kind is not None:
            self._input_dtype = kind
        if weights is not None:
            _weigh_when_built(self, weights)

    return __init__


_OF_ALL = (
    "input_shape",
    "batch_input_shape",
    "batch_size",
    "input_dtype",
    "weights",
    "trainable",
    *_NO_MEANING,
)


def _taking_what_all_take(original: Any) -> Any:
    """For the layers of Keras 3 that take their own arguments alone."""

    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        common = {name: given.pop(name) for name in _OF_ALL if name in given}
        original(self, *args, **given)
        whole = common.get("batch_input_shape")
        shape = tuple(whole)[1:] if whole is not None else common.get("input_shape")
        if shape is not None:
            self._input_shape_arg = tuple(shape)
            self._batch_input_shape = tuple(whole or (common.get("batch_size"), *shape))
        self.trainable = bool(common.get("trainable", True))

    return __init__


def _of_any_slope(original: Any) -> Any:
    """Keras 3 refuses a negative slope."""

    @like(original)
    def __init__(self: Any, *args: Any, **given: Any) -> None:  # noqa: N807
        slope = given.pop("alpha", given.pop("negative_slope", args[0] if args else 0.3))
        original(self, None if slope is None else abs(float(slope)), **given)
        self.negative_slope = float(slope)

    return __init__


def _knowing_its_channels(original: Any) -> Any:
    def build(self: Any, input_shape: Any) -> None:
        if input_shape[-1 if self.data_format == "channels_last" else 1] is None:
            raise ValueError("The channel dimension of the inputs should be defined. Found `None`.")
        original(self, input_shape)

    return build


def ddof(layer: Any, axes: int) -> float:
    """What a ``BatchNormalization`` of the generation in force takes off n for the variance that it keeps."""
    if differences.SAMPLE_VARIANCE.of(in_force()):
        return 1.0 + float(layer.epsilon)
    return 1.0 if axes == 4 and differences.SAMPLE_VARIANCE_OF_PICTURES.of(in_force()) else 0.0


def _keeping_the_samples(original: Any) -> Any:
    @like(original)
    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        off = ddof(self, len(inputs.shape))
        if not training or not self.trainable or not off or is_symbolic(inputs):
            return original(self, inputs, training=training, mask=mask)
        kept = self.moving_variance.value.detach() * self.momentum
        found = original(self, inputs, training=training, mask=mask)
        n = inputs.numel() // inputs.shape[self.axis]
        with torch.no_grad():
            share = self.moving_variance.value - kept
            self.moving_variance.value.copy_(kept + share * (n / (n - off) if n > 1 else 1.0))
        return found

    return call


def _by_batch(original: Any) -> Any:
    """Frozen, it keeps its moving averages, and in training asks the batch for its own, as any other."""

    @like(original)
    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if not training or self.trainable:
            return original(self, inputs, training=training, mask=mask)
        mean, variance = self._moments(inputs, mask)
        beta, gamma = (self.beta if self.center else None), (self.gamma if self.scale else None)
        return keras.ops.batch_normalization(
            inputs, mean, variance, self.axis, offset=beta, scale=gamma, epsilon=self.epsilon
        )

    return call


def _of_several(original: Any) -> Any:
    @like(original)
    def compute_output_shape(self: Any, input_shape: Any) -> Any:
        several = isinstance(input_shape, (list, tuple)) and isinstance(input_shape[0], (list, tuple))
        if (
            not several
            or len(input_shape) < 2
            or (len(input_shape) > 2 and isinstance(self, keras.layers.Subtract))
        ):
            count = "exactly 2" if isinstance(self, keras.layers.Subtract) else "at least 2"
            raise ValueError(f"A `{type(self).__name__}` layer should be called on a list of {count} inputs.")
        return original(self, input_shape)

    return compute_output_shape


def _track(self: Any, variables: Any) -> None:
    """``self.trainable_weights = [self.W]`` in ``build``, as layers of programs had it until 2.0."""
    for variable in variables:
        if not any(variable is each for each in self.variables):
            self._track_variable(variable)


def _compute_mask(original: Any) -> Any:
    """The mask that came, through layers that say they let it through."""

    @like(original)
    def compute_mask(self: Any, inputs: Any, previous_mask: Any = None) -> Any:
        if self.supports_masking or isinstance(self, keras.Model):
            return previous_mask
        if any(mask is not None for mask in keras.tree.flatten(previous_mask)):
            raise TypeError(
                f"Layer {self.name} does not support masking, but was passed an input_mask: {previous_mask}"
            )
        return None

    return compute_mask


def _compute_output_shape(original: Any) -> Any:
    """The input's, to a class that adds to what ``super()`` says."""

    @like(original)
    def compute_output_shape(self: Any, *args: Any, **given: Any) -> Any:
        if type(self).compute_output_shape is not compute_output_shape and len(args) == 1 and not given:
            return args[0]
        return original(self, *args, **given)

    return compute_output_shape


def _is_numbers(value: Any) -> bool:
    """Whether it is rows of Python's numbers, ``layer([[1.0, 2.0]])``, which Keras 3 takes for arguments one by one."""
    if not isinstance(value, (list, tuple)):
        return False
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (int, float))


def _remembering_what_was_said(original: Any) -> Any:
    """A node of a graph has ``training`` only where the program gave it.

    Keras writes there what it resolved the argument to, so that ``layer(x, training=True)`` and ``layer(x)`` are told
    apart no more, and a model's own ``training`` has to win over both (``training.lay`` lets it win over neither).
    Where the program set the learning phase, it was built into the graph of what it called from there on.
    """
    arguments = private("ops.symbolic_arguments").SymbolicArguments

    @like(original)
    def call(self: Any, *args: Any, **given: Any) -> Any:
        if args and _is_numbers(args[0]):
            args = (keras.ops.convert_to_tensor(args[0]), *args[1:])
        nodes = len(self._inbound_nodes)
        try:
            found = original(self, *args, **given)
        except ValueError as error:
            if not any(is_symbolic(each) for each in keras.tree.flatten((args, given))):
                raise
            return drawn(self, args, given, error)
        if len(self._inbound_nodes) > nodes and given.get("training") is None:
            node = self._inbound_nodes[-1]
            said = {name: value for name, value in node.arguments.kwargs.items() if name != "training"}
            if LEARNING_PHASE.value is not None and self._call_has_training_arg:
                said["training"] = LEARNING_PHASE.value
            if said != node.arguments.kwargs:
                node.arguments = arguments(*node.arguments.args, **said)
        return found

    return call


def _weigh_when_built(layer: Any, weights: Any) -> None:
    """``weights=[kernel, bias]``: they are there once the layer knows its shape."""
    build = layer.build

    @like(build)
    def then_weigh(*args: Any, **given: Any) -> None:
        build(*args, **given)
        layer.set_weights(weights)

    layer.build = then_weigh


def _add(original: Any) -> Any:
    @like(original)
    def add(self: Any, layer: Any, *args: Any, **given: Any) -> None:
        if not isinstance(layer, keras.layers.Layer) and not hasattr(layer, "_keras_history"):
            raise TypeError(f"The added layer must be an instance of class Layer. Found: {layer}")
        given_shape = getattr(layer, "_input_shape_arg", None)
        if not self._layers and given_shape is not None:
            original(
                self, input_of(layer, getattr(layer, "_batch_input_shape", None) or (None, *given_shape))
            )
        original(self, layer, *args, **given)

    return add


def input_of(layer: Any, shape: tuple[int | None, ...]) -> Any:
    """What feeds a chain's first ``layer``, as Keras 2 named it."""
    dtype = getattr(layer, "_input_dtype", None) or layer.compute_dtype
    return keras.layers.InputLayer(batch_shape=shape, dtype=dtype, name=f"{layer.name}_input")


def _add_weight(original: Any) -> Any:
    @like(original)
    def add_weight(self: Any, *args: Any, **given: Any) -> Any:
        names = ("shape", "initializer", "dtype")
        if args and (isinstance(args[0], str) or (args[0] is None and len(args) > 1)):
            # Keras 2: (name, shape, dtype, initializer, regularizer, trainable, constraint)
            names = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")  # type: ignore[assignment]
        given |= dict(zip(names, args, strict=False))
        kind = given.get("dtype") or self.variable_dtype
        if "float" not in keras.backend.standardize_dtype(kind):
            given["trainable"] = False  # PyTorch has gradients of floating-point numbers alone
        for name in ("partitioner", "use_resource", "synchronization", "collections"):
            given.pop(name, None)
        given["initializer"] = initializers.called_with_a_type(given.get("initializer"))
        return original(self, **given)

    return add_weight


def _shape_of(layer: Any, side: str) -> Any:
    if not layer._inbound_nodes:
        raise AttributeError(
            f"The layer {layer.name} has never been called and thus has no defined {side} shape."
        )
    shapes = {str(_shape(_at(layer, i, _SIDES[side]))) for i in range(len(layer._inbound_nodes))}
    if len(shapes) > 1:
        raise AttributeError(
            f'The layer "{layer.name}" has multiple inbound nodes, with different {side} shapes. '
            f"Use `get_{side}_shape_at(node_index)` instead."
        )
    return _shape(_at(layer, 0, _SIDES[side]))


_SIDES = {"input": "input_tensors", "output": "outputs"}


def _at(layer: Any, index: int, side: str) -> Any:
    nodes = layer._inbound_nodes
    if index >= len(nodes):
        raise ValueError(
            f"Asked to get {side} at node {index}, but the layer {layer.name} has only {len(nodes)} nodes."
        )
    found = list(getattr(nodes[index], side))
    if not found and side == "input_tensors":  # an input layer's own
        found = list(nodes[index].outputs)
    return found[0] if len(found) == 1 else found


def _shape(tensors: Any) -> Any:
    if isinstance(tensors, list):
        return [tuple(tensor.shape) for tensor in tensors]
    return tuple(tensors.shape)


def lay_tensors(overlay: Overlay, generation: Generation) -> None:
    """What symbolic tensors had until Keras 3."""
    tensor = keras.KerasTensor
    overlay.put(tensor, "_keras_shape", property(lambda self: tuple(self.shape)))
    overlay.put(tensor, "_uses_learning_phase", property(_uses_learning_phase))
    overlay.put(keras.Model, "uses_learning_phase", property(_model_uses_learning_phase))
    node = private("ops.node.Node")
    overlay.put(node, "outbound_layer", property(lambda self: self.operation))
    overlay.put(
        node,
        "inbound_layers",
        property(lambda self: [t._keras_history.operation for t in self.input_tensors]),
    )
    overlay.put(tensor, "get_shape", lambda self: tuple(self.shape))
    backend = private("backend")
    overlay.put(backend, "compute_output_spec", _quickly(backend.compute_output_spec))
    if generation != Generation.KERAS_3:
        for name in ("add", "sub", "mul", "truediv", "pow", "matmul"):
            operator = f"__{name}__"
            overlay.put(keras.Variable, operator, _left_to_symbols(getattr(keras.Variable, operator)))


def _quickly(original: Any) -> Any:
    @functools.wraps(original)
    def compute_output_spec(*args: Any, **given: Any) -> Any:
        with without_compiler():
            return original(*args, **given)

    return compute_output_spec


def _left_to_symbols(original: Any) -> Any:
    """``K.variable(0.) + loss`` is one more node of a graph, where ``loss`` is one."""

    @like(original)
    def operator(self: Any, other: Any) -> Any:
        return NotImplemented if is_symbolic(other) else original(self, other)

    return operator


def _uses_learning_phase(tensor: Any) -> bool:
    """Whether a layer that does something else while training is among those it is made by."""
    pending, seen = [tensor], set()
    while pending:
        history = pending.pop()._keras_history
        operation = history.operation
        node = operation._inbound_nodes[history.node_index]
        if node.arguments.kwargs.get("training") is None and (
            isinstance(operation, _ELSE_IN_TRAINING)
            or (isinstance(operation, keras.Model) and _model_uses_learning_phase(operation))
        ):
            return True
        if id(node) not in seen:
            seen.add(id(node))
            pending += node.input_tensors
    return False


def _model_uses_learning_phase(model: Any) -> bool:
    outputs = getattr(getattr(model, "_functional", None) or model, "_outputs", None) or ()
    return any(_uses_learning_phase(tensor) for tensor in outputs if is_symbolic(tensor))


_ELSE_IN_TRAINING = tuple(
    getattr(keras.layers, name)
    for name in ("Dropout", "BatchNormalization", "GaussianNoise", "GaussianDropout", "AlphaDropout")
)
