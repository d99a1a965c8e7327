"""What TensorFlow 1 trains with: losses, optimisers, ``tf.train``, data, options of the command."""

from __future__ import annotations

from prunelle.keras.tensorflow_1.advice import Advice, code, said
from prunelle.texts import Note

_QUEUE = said(
    Note(
        "a tf.data.Dataset: list_files or from_tensor_slices, then map, shuffle and batch",
        "un tf.data.Dataset : list_files ou from_tensor_slices, puis map, shuffle et batch",
    )
)
_TRAINING_SESSION = said(
    Note(
        "model.fit, which trains, saves and reports by its callbacks=[…]",
        "model.fit, qui entraîne, enregistre et rend compte par ses callbacks=[…]",
    )
)
_MODEL = said(
    Note(
        "a Keras model: model.compile, model.fit, model.evaluate, model.predict",
        "un modèle Keras : model.compile, model.fit, model.evaluate, model.predict",
    )
)


def _optimizer(today: str, parameters: str = "learning_rate") -> Advice:
    made = f"keras.optimizers.{today}"
    return said(
        Note(
            f"{made} in model.compile(optimizer, loss); what minimize did, model.fit does",
            f"{made} dans model.compile(optimizer, loss) ; ce que faisait minimize, model.fit le fait",
        ),
        parameters,
        learning_rate="0.001",
    )


_LOG = said(
    Note(
        "{to}tf.summary.create_file_writer({logdir}), or callbacks=[keras.callbacks.TensorBoard({logdir})] in "
        "model.fit",
        "{to}tf.summary.create_file_writer({logdir}), ou callbacks=[keras.callbacks.TensorBoard({logdir})] dans "
        "model.fit",
    ),
    "logdir",
)
TRAINING = {
    "train.GradientDescentOptimizer": _optimizer("SGD({learning_rate})"),
    "train.MomentumOptimizer": _optimizer(
        "SGD({learning_rate}, momentum={momentum})", "learning_rate momentum"
    ),
    "train.AdamOptimizer": _optimizer("Adam({learning_rate})"),
    "train.RMSPropOptimizer": _optimizer("RMSprop({learning_rate})"),
    "train.AdagradOptimizer": _optimizer("Adagrad({learning_rate})"),
    "train.AdadeltaOptimizer": _optimizer("Adadelta({learning_rate})"),
    "train.FtrlOptimizer": _optimizer("Ftrl({learning_rate})"),
    "train.Optimizer": _optimizer("Optimizer"),
    **{
        f"train.{old}": code(
            f"{{to}}keras.optimizers.schedules.{new}({{learning_rate}}, {{decay_steps}}, {{decay_rate}}, "
            "staircase={staircase})",
            "learning_rate global_step decay_steps decay_rate staircase",
            staircase="False",
        )
        for old, new in {
            "exponential_decay": "ExponentialDecay",
            "inverse_time_decay": "InverseTimeDecay",
        }.items()
    },
    "train.polynomial_decay": code(
        "{to}keras.optimizers.schedules.PolynomialDecay({learning_rate}, {decay_steps})",
        "learning_rate global_step decay_steps",
    ),
    "train.cosine_decay": code(
        "{to}keras.optimizers.schedules.CosineDecay({learning_rate}, {decay_steps})",
        "learning_rate global_step decay_steps",
    ),
    "train.piecewise_constant": code(
        "{to}keras.optimizers.schedules.PiecewiseConstantDecay({boundaries}, {values})", "x boundaries values"
    ),
    **dict.fromkeys(
        (
            *(
                f"train.{name}"
                for name in ("get_global_step", "get_or_create_global_step", "create_global_step")
            ),
        ),
        code("{to}optimizer.iterations"),
    ),
    "contrib.layers.optimize_loss": _MODEL,
    "train.Saver": code('model.save_weights("model.weights.h5"), model.load_weights("model.weights.h5")'),
    **{
        f"train.{name}": _QUEUE
        for name in (
            *("Coordinator", "start_queue_runners", "batch", "shuffle_batch", "string_input_producer"),
            *("slice_input_producer", "range_input_producer", "QueueRunner", "match_filenames_once"),
        )
    },
    **dict.fromkeys(("TFRecordReader", "WholeFileReader", "TextLineReader"), _QUEUE),
    **{
        f"train.{name}": _TRAINING_SESSION
        for name in (
            *(
                "MonitoredTrainingSession",
                "MonitoredSession",
                "Supervisor",
                "SessionRunHook",
                "LoggingTensorHook",
            ),
            *("StopAtStepHook", "CheckpointSaverHook", "SummarySaverHook", "NanTensorHook"),
        )
    },
    **dict.fromkeys(("summary.FileWriter", "train.SummaryWriter"), _LOG),
    **dict.fromkeys(
        ("summary.merge_all", "summary.merge"),
        said(
            Note(
                "nothing, since tf.summary.scalar(name, value) writes at once, under with writer.as_default(step=step)",
                "rien, car tf.summary.scalar(name, value) écrit aussitôt, sous with writer.as_default(step=step)",
            )
        ),
    ),
}


def _loss(today: str, parameters: str) -> Advice:
    truth, answer = parameters.split()
    return code(f"{{to}}keras.losses.{today}({{{truth}}}, {{{answer}}})", parameters)


LOSSES = {
    "losses.sparse_softmax_cross_entropy": _loss(
        "SparseCategoricalCrossentropy(from_logits=True)", "labels logits"
    ),
    "losses.softmax_cross_entropy": _loss(
        "CategoricalCrossentropy(from_logits=True)", "onehot_labels logits"
    ),
    "losses.sigmoid_cross_entropy": _loss(
        "BinaryCrossentropy(from_logits=True)", "multi_class_labels logits"
    ),
    "losses.absolute_difference": _loss("MeanAbsoluteError()", "labels predictions"),
    "losses.huber_loss": _loss("Huber()", "labels predictions"),
    "losses.hinge_loss": _loss("Hinge()", "labels logits"),
    "losses.log_loss": _loss("BinaryCrossentropy()", "labels predictions"),
    **{
        f"losses.{name}": said(
            Note(
                "sum(model.losses), the penalties of its layers",
                "sum(model.losses), les pénalités de ses couches",
            )
        )
        for name in (
            "get_total_loss",
            "get_losses",
            "get_regularization_loss",
            "get_regularization_losses",
            "add_loss",
        )
    },
    "metrics.accuracy": said(
        Note('metrics=["accuracy"] in model.compile', 'metrics=["accuracy"] dans model.compile')
    ),
    **{
        f"metrics.{old}": said(
            Note(
                f"{{to}}keras.metrics.{new}(), with its update_state(…) and result()",
                f"{{to}}keras.metrics.{new}(), avec ses update_state(…) et result()",
            )
        )
        for old, new in {
            "mean": "Mean",
            "precision": "Precision",
            "recall": "Recall",
            "auc": "AUC",
            "mean_iou": "MeanIoU",
            "root_mean_squared_error": "RootMeanSquaredError",
        }.items()
    },
}

_OPTION = 'parser.add_argument("--{flag_name}", type=%s, default={default_value})'
DATA = {
    "data.make_one_shot_iterator": code("{to}iter({dataset})", "dataset"),
    "data.make_initializable_iterator": code("{to}iter({dataset})", "dataset"),
    "data.Dataset().make_one_shot_iterator": code("{to}iter({receiver})"),
    "data.Dataset().make_initializable_iterator": code("{to}iter({receiver})"),
    "Iterator().get_next": said(
        Note(
            "{to}next({receiver}) for one batch; a loop over the data set, or model.fit(dataset), for all",
            "{to}next({receiver}) pour un lot ; une boucle sur le jeu de données, ou model.fit(dataset), pour tous",
        )
    ),
    "Iterator().initializer": said(
        Note("nothing, since iter(dataset) begins anew", "rien, car iter(dataset) recommence")
    ),
    "examples.tutorials.mnist.input_data": code("from tensorflow.keras.datasets import mnist"),
    "examples.tutorials.mnist.input_data.read_data_sets": said(
        Note(
            "(x_train, y_train), (x_test, y_test) = mnist.load_data(), then x_train.reshape(-1, 784) / 255 and, for "
            "one_hot=True, keras.utils.to_categorical(y_train)",
            "(x_train, y_train), (x_test, y_test) = mnist.load_data(), puis x_train.reshape(-1, 784) / 255 et, pour "
            "one_hot=True, keras.utils.to_categorical(y_train)",
        )
    ),
    "read_data_sets().train.next_batch": said(
        Note(
            "model.fit(x_train, y_train, batch_size={batch_size}), which goes from batch to batch",
            "model.fit(x_train, y_train, batch_size={batch_size}), qui va de lot en lot",
        ),
        "batch_size",
    ),
    **{
        f"read_data_sets().{part}.{what}": said(
            Note(f"{text.format(array)} for {{here}}", f"{text.format(array)} pour {{here}}")
        )
        for part, array in {"train": "train", "validation": "train[:5000]", "test": "test"}.items()
        for what, text in {"images": "x_{}", "labels": "y_{}", "num_examples": "len(x_{})"}.items()
    },
    "app.run": said(Note("main(), called at the end of the file", "main(), appelée à la fin du fichier")),
    "flags.FLAGS": code("{to}parser.parse_args()"),
    **{
        f"flags.DEFINE_{old}": code(_OPTION % new, "flag_name default_value")
        for old, new in {"string": "str", "integer": "int", "float": "float"}.items()
    },
    **{
        f"flags.DEFINE_{old}": code(
            'parser.add_argument("--{flag_name}", action="store_true")', "flag_name default_value"
        )
        for old in ("boolean", "bool")
    },
}

SPACES = {
    "layers": said(Note("the layer of keras.layers", "la couche de keras.layers")),
    "contrib": said(
        Note(
            "what keras.layers, keras.losses, keras.metrics or tf has for it",
            "ce que keras.layers, keras.losses, keras.metrics ou tf offre pour cela",
        )
    ),
    **dict.fromkeys(
        ("contrib.layers", "contrib.slim", "contrib.rnn", "nn.rnn_cell"),
        said(Note("the layer of keras.layers", "la couche de keras.layers")),
    ),
    "contrib.slim.nets": said(Note("the network of keras.applications", "le réseau de keras.applications")),
    "contrib.data": said(Note("the function of that name in tf.data", "la fonction de ce nom dans tf.data")),
    "contrib.eager": said(
        Note("nothing, since tf itself computes at once", "rien, car tf lui-même calcule aussitôt")
    ),
    **dict.fromkeys(("contrib.learn", "contrib.estimator", "estimator"), _MODEL),
    "estimator.ModeKeys": said(
        Note(
            "nothing, since model.fit and model.evaluate tell the layers which it is",
            "rien, car model.fit et model.evaluate disent aux couches ce qu’il en est",
        )
    ),
    "estimator.inputs": code("model.fit(x, y, batch_size=…, epochs=…)"),
    "feature_column": said(
        Note(
            "the columns as one array of numbers; keras.layers.Normalization() scales them",
            "les colonnes en un tableau de nombres ; keras.layers.Normalization() les met à l’échelle",
        )
    ),
    **dict.fromkeys(("app", "app.flags", "flags"), code("parser = argparse.ArgumentParser()")),
    "examples": said(
        Note(
            "the data sets of keras.datasets: mnist, fashion_mnist, cifar10…",
            "les jeux de données de keras.datasets : mnist, fashion_mnist, cifar10…",
        )
    ),
    "python_io": said(Note("tf.io, which has the same", "tf.io, qui a la même chose")),
}
"""Modules of which whatever is not told by itself is told alike."""
