"""What TensorFlow 1 builds a network with: graphs, sessions, variables, layers, ``tf.contrib``."""

from __future__ import annotations

from prunelle.keras.tensorflow_1.advice import code, said
from prunelle.texts import Note

_NOTHING = said(
    Note(
        "nothing, since what a line computes is there at once",
        "rien, car ce que calcule une ligne est là aussitôt",
    )
)
_INITIALISED = said(
    Note(
        "nothing, since variables have their first values from the beginning",
        "rien, car les variables ont leurs premières valeurs dès le début",
    )
)
_SCOPE = said(
    Note(
        "nothing, since a layer or a variable that is made once is used again by its own name",
        "rien, car une couche ou une variable créée une fois se réutilise par son propre nom",
    )
)
_VARIABLES = code("{to}model.trainable_variables")
_COLLECTION = said(
    Note(
        "model.losses, model.trainable_variables, or a list of your own",
        "model.losses, model.trainable_variables ou votre propre liste",
    )
)
_SAVED_GRAPH = said(
    Note(
        "keras.models.load_model(…), of a file that model.save wrote",
        "keras.models.load_model(…), d’un fichier écrit par model.save",
    )
)
_STEP = said(
    Note(
        "model.train_on_batch(x, y) to learn, model.evaluate(x, y) or model(x) to compute; model.fit is the whole loop",
        "model.train_on_batch(x, y) pour apprendre, model.evaluate(x, y) ou model(x) pour calculer ; "
        "model.fit est toute la boucle",
    )
)

GRAPHS = {
    "placeholder": said(
        Note(
            "{to}keras.Input(shape={shape}), or the array itself as the argument of a function",
            "{to}keras.Input(shape={shape}), ou le tableau lui-même, en argument d’une fonction",
        ),
        "dtype shape",
    ),
    "placeholder of no shape": said(
        Note("an argument of a function, or a plain number", "un argument de fonction, ou un simple nombre")
    ),
    "placeholder_with_default": said(
        Note("an argument of a function, {input} by default", "un argument de fonction, {input} par défaut"),
        "input",
    ),
    "Session": _NOTHING,
    "InteractiveSession": _NOTHING,
    "get_default_session": _NOTHING,
    "Session().run": said(
        Note(
            "the value itself: {fetches}, or {fetches}.numpy() as an array",
            "la valeur elle-même : {fetches}, ou {fetches}.numpy() pour un tableau",
        ),
        "fetches",
    ),
    "Session().run of what is fed": _STEP,
    "Operation().run": _STEP,
    "Tensor().eval": said(
        Note(
            "{receiver}.numpy(), where a function or a model gave {receiver} for these inputs",
            "{receiver}.numpy(), quand une fonction ou un modèle a donné {receiver} pour ces entrées",
        )
    ),
    **dict.fromkeys(("global_variables_initializer", "local_variables_initializer"), _INITIALISED),
    **dict.fromkeys(
        ("initialize_all_variables", "variables_initializer", "tables_initializer"), _INITIALISED
    ),
    **dict.fromkeys(("Graph", "get_default_graph"), _NOTHING),
    "reset_default_graph": code("keras.backend.clear_session()"),
    **dict.fromkeys(("disable_v2_behavior", "disable_eager_execution", "enable_eager_execution"), _NOTHING),
    **dict.fromkeys(("GraphKeys", "get_collection", "add_to_collection"), _COLLECTION),
    **dict.fromkeys(("GraphDef", "import_graph_def", "train.import_meta_graph"), _SAVED_GRAPH),
    "get_variable": said(
        Note(
            "{to}tf.Variable({initializer}({shape})), or a layer, which has weights of its own",
            "{to}tf.Variable({initializer}({shape})), ou une couche, qui a ses propres poids",
        ),
        "name shape dtype initializer",
        initializer="keras.initializers.GlorotUniform()",
    ),
    **dict.fromkeys(("variable_scope", "variable_op_scope", "get_variable_scope", "AUTO_REUSE"), _SCOPE),
    "make_template": _SCOPE,
    **dict.fromkeys(("trainable_variables", "global_variables", "all_variables"), _VARIABLES),
    **{
        name: code(f"{{ref}}.{name}({{value}})", "ref value")
        for name in ("assign", "assign_add", "assign_sub")
    },
    "gradients": said(
        Note(
            "{to}tape.gradient({ys}, {xs}), where {ys} was computed inside with tf.GradientTape() as tape",
            "{to}tape.gradient({ys}, {xs}), où {ys} a été calculé sous with tf.GradientTape() as tape",
        ),
        "ys xs",
    ),
    "Print": code("print(…)"),
    "py_func": said(
        Note("the function {func} itself, called", "la fonction {func} elle-même, appelée"), "func"
    ),
}

LAYERS = {
    **{
        f"layers.{old}": code(f"{{to}}keras.layers.{new}({{rest}})({{inputs}})", "inputs")
        for old, new in {
            "dense": "Dense",
            "flatten": "Flatten",
            "batch_normalization": "BatchNormalization",
            "separable_conv2d": "SeparableConv2D",
            "conv2d_transpose": "Conv2DTranspose",
            **{f"conv{n}d": f"Conv{n}D" for n in (1, 2, 3)},
            **{f"max_pooling{n}d": f"MaxPooling{n}D" for n in (1, 2, 3)},
            **{f"average_pooling{n}d": f"AveragePooling{n}D" for n in (1, 2, 3)},
        }.items()
    },
    "layers.dropout": code("{to}keras.layers.Dropout({rate})({inputs})", "inputs rate", rate="0.5"),
    **{
        f"layers.{name}": code(f"{{to}}keras.layers.{name}({{all}})")
        for name in ("Dense", "Conv1D", "Conv2D", "Dropout", "Flatten", "MaxPooling2D", "BatchNormalization")
    },
}

# https://github.com/tensorflow/tensorflow/tree/v1.15.0/tensorflow/contrib/layers/python/layers (the defaults)
CONTRIB = {
    **dict.fromkeys(
        ("contrib.layers.fully_connected", "contrib.layers.linear"),
        code(
            "{to}keras.layers.Dense({num_outputs}, activation={activation_fn})({inputs})",
            "inputs num_outputs activation_fn",
            activation_fn='"relu"',
        ),
    ),
    **dict.fromkeys(
        ("contrib.layers.conv2d", "contrib.layers.convolution2d"),
        code(
            "{to}keras.layers.Conv2D({num_outputs}, {kernel_size}, strides={stride}, padding={padding}, "
            "activation={activation_fn})({inputs})",
            "inputs num_outputs kernel_size stride padding",
            stride="1",
            padding='"same"',
            activation_fn='"relu"',
        ),
    ),
    **{
        f"contrib.layers.{old}": code(
            f"{{to}}keras.layers.{new}({{kernel_size}}, strides={{stride}})({{inputs}})",
            "inputs kernel_size stride",
            stride="2",
        )
        for old, new in {"max_pool2d": "MaxPooling2D", "avg_pool2d": "AveragePooling2D"}.items()
    },
    "contrib.layers.flatten": code("{to}keras.layers.Flatten()({inputs})", "inputs"),
    "contrib.layers.batch_norm": code("{to}keras.layers.BatchNormalization()({inputs})", "inputs"),
    "contrib.layers.dropout": code(
        "{to}keras.layers.Dropout(1 - {keep_prob})({inputs})", "inputs keep_prob", keep_prob="0.5"
    ),
    **dict.fromkeys(
        ("contrib.layers.xavier_initializer", "contrib.layers.xavier_initializer_conv2d"),
        code("{to}keras.initializers.GlorotUniform()"),
    ),
    "contrib.layers.variance_scaling_initializer": code("{to}keras.initializers.HeNormal()"),
    # TensorFlow 1 halves the squares.
    "contrib.layers.l2_regularizer": code("{to}keras.regularizers.L2({scale} / 2)", "scale"),
    "contrib.layers.l1_regularizer": code("{to}keras.regularizers.L1({scale})", "scale"),
    "contrib.slim.arg_scope": said(
        Note(
            "each layer's own arguments, or a function that makes it",
            "les arguments de chaque couche, ou une fonction qui la crée",
        )
    ),
    **{
        f"contrib.rnn.{old}": code(f"{{to}}keras.layers.{new}({{num_units}})", "num_units")
        for old, new in {
            "BasicLSTMCell": "LSTM",
            "LSTMCell": "LSTM",
            "LSTMBlockCell": "LSTM",
            "GRUCell": "GRU",
            "BasicRNNCell": "SimpleRNN",
        }.items()
    },
    "contrib.rnn.MultiRNNCell": said(
        Note(
            "one recurrent layer after the other, return_sequences=True in all but the last",
            "une couche récurrente après l’autre, return_sequences=True dans toutes sauf la dernière",
        )
    ),
    "contrib.rnn.DropoutWrapper": said(
        Note("the argument dropout= of the recurrent layer", "l’argument dropout= de la couche récurrente")
    ),
    **dict.fromkeys(
        ("nn.dynamic_rnn", "nn.static_rnn", "contrib.rnn.static_rnn"),
        code("{to}keras.layers.LSTM(…, return_sequences=True, return_state=True)({inputs})", "cell inputs"),
    ),
    "nn.bidirectional_dynamic_rnn": code(
        "{to}keras.layers.Bidirectional(keras.layers.LSTM(…, return_sequences=True))({inputs})",
        "cell_fw cell_bw inputs",
    ),
}
