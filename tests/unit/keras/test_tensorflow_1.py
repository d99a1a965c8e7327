"""Programs for TensorFlow 1: what is said of a name, and of every place of a program."""

from __future__ import annotations

import functools
import importlib
import re
import string
import textwrap
from pathlib import Path

import pytest

from prunelle.errors import PrunelleError
from prunelle.keras import compat
from prunelle.keras.tensorflow_1 import sentence, sessions, what_to_change
from prunelle.keras.tensorflow_1.names import NO_SIGN, RENAMED, TABLE, known
from prunelle.keras.tensorflow_1.places import places
from prunelle.texts import EN, FR
from tests.integration.command import prunelle

# Those that programs for Keras 2.0 to 2.3 make settings with are there, and are told only beside others.
SETTINGS = sorted({*sessions.__all__, "contrib"})
NAMES = sorted(name for name in TABLE if "()" not in name and " " not in name and name not in SETTINGS)


def changes(folder: Path, source: str) -> list[tuple[int, str, str]]:
    """Line, what stands there, what to write instead."""
    file = folder / "program.py"
    file.write_text(textwrap.dedent(source), encoding="utf-8")
    return [(each.line, each.code, EN.note(each.note, **each.values)) for each in places(file)]


SOFTMAX = """\
from tensorflow.examples.tutorials.mnist import input_data
import tensorflow as tf

mnist = input_data.read_data_sets("MNIST_data/", one_hot=True)
x = tf.placeholder(tf.float32, [None, 784])
W = tf.Variable(tf.zeros([784, 10]))
y = tf.matmul(x, W)
y_ = tf.placeholder(tf.float32, shape=(None, 10))
loss = tf.reduce_mean(
    tf.nn.softmax_cross_entropy_with_logits_v2(
        labels=y_, logits=y))
step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
with tf.Session() as sess:
    sess.run(tf.global_variables_initializer())
    for _ in range(1000):
        images, labels = mnist.train.next_batch(100)
        sess.run(step, feed_dict={x: images, y_: labels})
    print(loss.eval({x: mnist.test.images, y_: mnist.test.labels}))
"""
STEP = "model.train_on_batch(x, y) to learn, model.evaluate(x, y) or model(x) to compute; model.fit is the whole loop"


def test_the_program_of_every_course(tmp_path: Path) -> None:
    nothing = "nothing, since what a line computes is there at once"
    assert changes(tmp_path, SOFTMAX) == [
        (
            1,
            "from tensorflow.examples.tutorials.mnist import input_data",
            "from tensorflow.keras.datasets import mnist",
        ),
        (
            4,
            'mnist = input_data.read_data_sets("MNIST_data/", one_hot=True)',
            "(x_train, y_train), (x_test, y_test) = mnist.load_data(), then x_train.reshape(-1, 784) / 255 and, for "
            "one_hot=True, keras.utils.to_categorical(y_train)",
        ),
        (
            5,
            "x = tf.placeholder(tf.float32, [None, 784])",
            "x = keras.Input(shape=(784,)), or the array itself as the argument of a function",
        ),
        (
            8,
            "y_ = tf.placeholder(tf.float32, shape=(None, 10))",
            "y_ = keras.Input(shape=(10,)), or the array itself as the argument of a function",
        ),
        (
            10,
            "tf.nn.softmax_cross_entropy_with_logits_v2(labels=y_, logits=y)",
            "tf.nn.softmax_cross_entropy_with_logits(labels=y_, logits=y)",
        ),
        (
            12,
            "step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)",
            "keras.optimizers.SGD(0.5) in model.compile(optimizer, loss); what minimize did, model.fit does",
        ),
        (13, "with tf.Session() as sess:", nothing),
        (
            14,
            "sess.run(tf.global_variables_initializer())",
            "nothing, since variables have their first values from the beginning",
        ),
        (
            16,
            "images, labels = mnist.train.next_batch(100)",
            "model.fit(x_train, y_train, batch_size=100), which goes from batch to batch",
        ),
        (17, "sess.run(step, feed_dict={x: images, y_: labels})", STEP),
        (
            18,
            "print(loss.eval({x: mnist.test.images, y_: mnist.test.labels}))",
            "loss.numpy(), where a function or a model gave loss for these inputs",
        ),
        (
            18,
            "print(loss.eval({x: mnist.test.images, y_: mnist.test.labels}))",
            "x_test for mnist.test.images",
        ),
        (
            18,
            "print(loss.eval({x: mnist.test.images, y_: mnist.test.labels}))",
            "y_test for mnist.test.labels",
        ),
    ]


@pytest.mark.parametrize(
    ("source", "line", "instead"),
    [
        (
            "import tensorflow.compat.v1 as tf\ny = tf.layers.dense(x, 10, activation=tf.nn.relu, name='d')",
            2,
            "y = keras.layers.Dense(10, activation=tf.nn.relu, name='d')(x)",
        ),
        (
            "import tensorflow as tf\ndef f(x):\n"
            "    return tf.compat.v1.layers.conv2d(inputs=x, filters=3, kernel_size=5)",
            3,
            "keras.layers.Conv2D(filters=3, kernel_size=5)(x)",
        ),
        (
            "import tensorflow as tf\nlayers = tf.layers\ny = layers.dropout(x, 0.3, training=flag)",
            3,
            "y = keras.layers.Dropout(0.3)(x)",
        ),
        (
            "import tensorflow as tf\nslim = tf.contrib.slim\ny = slim.fully_connected(x, 9, activation_fn=None)",
            3,
            "y = keras.layers.Dense(9, activation=None)(x)",
        ),
        (
            "from tensorflow.contrib.layers import conv2d\ny = conv2d(x, 8, [3, 3])",
            2,
            'y = keras.layers.Conv2D(8, [3, 3], strides=1, padding="same", activation="relu")(x)',
        ),
        (
            "from tensorflow import placeholder as p\nrate = p('float')",
            2,
            "an argument of a function, or a plain number",
        ),
        (
            "import tensorflow as tf\nw = tf.get_variable('w', shape=[3, 4])",
            2,
            "w = tf.Variable(keras.initializers.GlorotUniform()([3, 4])), or a layer, which has weights of its own",
        ),
        (
            "import tensorflow as tf\nw = tf.get_variable('w', [3], initializer=tf.zeros_initializer)",
            2,
            "w = tf.Variable(tf.zeros_initializer()([3])), or a layer, which has weights of its own",
        ),
        ("import tensorflow as tf\ntf.assign(w, w - 0.1 * g)", 2, "w.assign(w - 0.1 * g)"),
        (
            "import tensorflow as tf\nr = tf.contrib.layers.l2_regularizer(1e-4)",
            2,
            "r = keras.regularizers.L2(0.0001 / 2)",
        ),
        (
            "import tensorflow as tf\nc = tf.nn.rnn_cell.BasicLSTMCell(num_units=32)",
            2,
            "c = keras.layers.LSTM(32)",
        ),
        (
            "import tensorflow as tf\nit = data.make_one_shot_iterator()\na, b = it.get_next()",
            3,
            "a, b = next(it) for one batch; a loop over the data set, or model.fit(dataset), for all",
        ),
        (
            "import tensorflow as tf\nflags = tf.app.flags\nflags.DEFINE_integer('steps', 100, 'How many.')",
            3,
            'parser.add_argument("--steps", type=int, default=100)',
        ),
        (
            "import tensorflow as tf\nFLAGS = tf.app.flags.FLAGS\nprint(FLAGS.steps)",
            2,
            "FLAGS = parser.parse_args()",
        ),
        (
            "import tensorflow as tf\nw = tf.summary.FileWriter('logs', sess.graph)",
            2,
            "w = tf.summary.create_file_writer('logs'), or callbacks=[keras.callbacks.TensorBoard('logs')] in "
            "model.fit",
        ),
        (
            "import tensorflow as tf\nc = tf.estimator.DNNClassifier([10])",
            2,
            "a Keras model: model.compile, model.fit, model.evaluate, model.predict",
        ),
        (
            "import tensorflow as tf\nclass A:\n    def __init__(self):\n        self.s = tf.Session()\n"
            "    def f(self):\n        return self.s.run(self.loss)",
            6,
            "the value itself: self.loss, or self.loss.numpy() as an array",
        ),
        (
            "import tensorflow as tf\ndef train(sess, x):\n    sess.run(step, feed_dict={x: 1})",
            3,
            STEP,
        ),
        (
            "from tensorflow import placeholder, Session\n",
            1,
            "nothing, when the lines that use it are changed",
        ),
        (
            "import tensorflow as tf\nit = d.make_initializable_iterator()\nsess.run(it.initializer)",
            3,
            "nothing, since iter(dataset) begins anew",
        ),
    ],
)
def test_what_to_write_instead(tmp_path: Path, source: str, line: int, instead: str) -> None:
    assert [what for n, _, what in changes(tmp_path, source) if n == line] == [instead]


@pytest.mark.parametrize(
    "source",
    [
        "import tensorflow as tf\nc = tf.ConfigProto()\nc.gpu_options.allow_growth = True\ntf.set_random_seed(1)",
        "import tensorflow as tf\ntf.logging.set_verbosity(tf.logging.ERROR)\ntf.keras.layers.Dense(3)(x)",
        "import tensorflow as tf\ntf.contrib.keras.layers.Dense(3)\ntf.keras.losses.mean_squared_error(a, b)",
        "from tensorflow.contrib.keras import layers\nlayers.Dense(3)",
        "from keras import layers\nlayers.dense(3)\nsess.run(x, feed_dict={})",
        "import tensorflow as tf\nimport subprocess\nsubprocess.run(['ls'])\nframe.eval('a + b')\nmodel.eval()",
    ],
)
def test_what_needs_no_change_is_not_listed(tmp_path: Path, source: str) -> None:
    assert changes(tmp_path, source) == []


def test_a_long_list_ends(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    lines = [
        "import tensorflow as tf",
        *(f"x{i} = tf.placeholder(tf.float32, [None, {i}])" for i in range(23)),
    ]
    program.write_text("\n".join(lines), encoding="utf-8")
    said = (what_to_change(program, "tensorflow.placeholder", EN) or "").splitlines()
    assert said[0] == (
        "this program is written for TensorFlow 1 (tf.placeholder), whose programs describe a graph and compute it in "
        "a session. Here, as in TensorFlow 2, each line computes at once. What to write instead, line by line, after "
        "from tensorflow import keras:"
    )
    assert said[-2:] == [
        "    → x19 = keras.Input(shape=(19,)), or the array itself as the argument of a function",
        "  and 3 more lines.",
    ]
    program.write_text("\n".join(lines[:-2]), encoding="utf-8")
    assert (what_to_change(program, "tensorflow.placeholder", FR) or "").endswith("\n  et une autre ligne.")


def test_files_that_the_program_imports(tmp_path: Path) -> None:
    sources = {
        "program.py": "import net\nfrom parts import block\nimport tensorflow as tf\nx = tf.placeholder(tf.float32)",
        "net.py": "import tensorflow as tf\nimport program\nx = tf.layers.flatten(y)",
        "parts/__init__.py": "from .block import f",
        "parts/block.py": "# -*- coding: latin-1 -*-\nimport tensorflow as tf\nx = tf.to_float('é')",
        "alone.py": "import tensorflow as tf\ntf.placeholder(tf.float32)",
    }
    (tmp_path / "parts").mkdir()
    for name, source in sources.items():
        (tmp_path / name).write_text(source, encoding="latin-1")
    said = what_to_change(tmp_path / "program.py", "tensorflow.layers", FR)
    assert said is not None
    assert said.replace("\xa0", " ").splitlines()[1:] == [
        "  program.py, ligne 4 : x = tf.placeholder(tf.float32)",
        "    → un argument de fonction, ou un simple nombre",
        "  net.py, ligne 3 : x = tf.layers.flatten(y)",
        "    → x = keras.layers.Flatten()(y)",
        f"  {Path('parts/block.py')}, ligne 3 : x = tf.to_float('é')",
        "    → x = tf.cast('é', tf.float32)",
    ]


def test_a_name_that_is_in_no_line(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import tensorflow as tf\ngetattr(tf, 'lay' + 'ers')", encoding="utf-8"
    )
    assert what_to_change(tmp_path / "program.py", "tensorflow.layers", EN) == (
        "tf.layers is of TensorFlow 1, whose graphs are not here. Instead: the layer of keras.layers."
    )


def test_what_tensorflow_2_has_too_makes_no_program_of_tensorflow_1(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import tensorflow as tf\nc = tf.feature_column.numeric_column('a')", encoding="utf-8")
    said = (
        "Prunelle has no tf.feature_column. Instead: the columns as one array of numbers; "
        "keras.layers.Normalization() scales them."
    )
    assert what_to_change(program, "tensorflow.feature_column", EN) == said
    program.write_text(program.read_text() + "\ntf.estimator.LinearClassifier([c])", encoding="utf-8")
    assert "written for TensorFlow 1" in (what_to_change(program, "tensorflow.feature_column", EN) or "")


def test_a_module_that_is_not_here_with_names_of_tensorflow_1(tmp_path: Path) -> None:
    """``tf.layers`` is told by itself; of ``tf.image`` it takes the rest of the program to know."""
    program = tmp_path / "program.py"
    program.write_text("import tensorflow as tf\ntf.image.nothing", encoding="utf-8")
    assert what_to_change(program, "tensorflow.image", EN) is None
    program.write_text("import tensorflow as tf\ntf.image.nothing\ntf.Session(config=tf.ConfigProto())")
    assert what_to_change(program, "tensorflow.image", EN) is None
    program.write_text("import tensorflow as tf\ntf.image.resize_image_with_pad(x, 3, 3)", encoding="utf-8")
    assert (what_to_change(program, "tensorflow.image", EN) or "").endswith(
        "→ tf.image.resize_with_pad(x, 3, 3)"
    )


def test_other_names_have_no_sentence() -> None:
    for name in (
        "tensorflow.nothing",
        "tensorflow.keras.layers",
        "keras.layers.dense",
        "tensorflow",
        "keras.placeholder",
    ):
        assert sentence(name) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_name_answers_however_it_is_asked_for(name: str) -> None:
    """A name that is there after all goes out of the table."""
    parent, _, last = name.rpartition(".")
    said = r"^(tf\..* is of TensorFlow 1|Prunelle has no tf\.).* Instead: \S"
    with compat("2.3"):
        for root in ("tensorflow", "tensorflow.compat.v1"):
            module = importlib.import_module(root)
            if parent and not hasattr(module, parent.partition(".")[0]) and known(parent) is None:
                continue  # of a module of TensorFlow 2 that is not here
            with pytest.raises(PrunelleError, match=said):
                functools.reduce(getattr, name.split("."), module)
            with pytest.raises(ImportError, match=r"Instead: \S"):
                exec(f"from {f'{root}.{parent}'.strip('.')} import {last}")
            assert parent or not hasattr(module, name)


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_of_programs_for_keras_are_there(name: str) -> None:
    with compat("2.3"):
        assert hasattr(importlib.import_module("tensorflow"), name)
        assert hasattr(importlib.import_module("tensorflow.compat.v1"), name)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_of_a_call() -> None:
    for name, advice in TABLE.items():
        assert fields(advice.note.en) == fields(advice.note.fr), name
        codes = [
            re.findall(r"\b(?:keras|tf|model|np)\.[\w.]+", text) for text in (advice.note.en, advice.note.fr)
        ]
        assert codes[0] == codes[1], name


def test_what_is_advised_is_there() -> None:
    """A name that takes the place of another must not be missing, too; TensorFlow 2's may be, and say so themselves."""
    with compat("tf2"):
        tf = importlib.import_module("tensorflow")
        roots = {"tf": tf, "keras": tf.keras, "model": tf.keras.Model}
        for name in TABLE.keys() - RENAMED.keys():
            for found in re.findall(r'(?<!")\b(?:keras|tf|model)\.[A-Za-z_][\w.]*', TABLE[name].note.en):
                root, *path = found.rstrip(".").split(".")
                assert functools.reduce(getattr, path, roots[root]) is not None, name


def test_what_programs_for_keras_set_is_no_sign() -> None:
    assert TABLE.keys() & set(SETTINGS) <= NO_SIGN


@pytest.mark.parametrize(
    ("locale", "error"),
    [
        ("C.UTF-8", "Error: this program is written for TensorFlow 1 (tf.examples), whose"),
        ("fr_FR.UTF-8", "Erreur\xa0: ce programme est écrit pour TensorFlow 1 (tf.examples), dont"),
    ],
)
def test_a_program_that_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str, error: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    monkeypatch.chdir(tmp_path)
    Path("softmax.py").write_text(SOFTMAX, encoding="utf-8")
    finished = prunelle("run", "softmax.py")
    assert finished.code == 1
    lines = finished.err.splitlines()
    assert lines[:3] == [
        "Traceback (most recent call last):",
        f'  File "{tmp_path / "softmax.py"}", line 1, in <module>',
        "    from tensorflow.examples.tutorials.mnist import input_data",
    ]
    assert lines[3].startswith(error)
    assert len([line for line in lines[4:] if line.startswith("  li")]) == 11
    assert len([line for line in lines[4:] if line.startswith("    → ")]) == 13
    assert not Path("runs").exists()


def test_a_session_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    source = """
    import tensorflow as tf
    a = tf.constant(2)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        print(sess.run(a + 3))
    """
    Path("sum.py").write_text(textwrap.dedent(source), encoding="utf-8")
    finished = prunelle("run", "sum.py")
    assert finished.code == 1
    assert "  line 6: print(sess.run(a + 3))\n    → the value itself: a + 3, or" in finished.err
    Path("sum.py").write_text("import tensorflow as tf\ns = 'se' + 'ss'\ntf.Session().run(tf.constant(1))")
    assert (
        "Error: this program is written for TensorFlow 1 (tf.Session().run)" in prunelle("run", "sum.py").err
    )


def test_a_data_set_has_no_iterator_of_graphs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    source = """
    import tensorflow as tf
    data = tf.data.Dataset.from_tensor_slices([1, 2])
    assert not hasattr(data, "make_one_shot_iterator")
    x = data.make_one_shot_iterator().get_next()
    """
    Path("data.py").write_text(textwrap.dedent(source), encoding="utf-8")
    lines = prunelle("run", "data.py").err.splitlines()
    assert lines[2] == "    x = data.make_one_shot_iterator().get_next()"
    assert any(
        line.startswith("Error: this program is written for TensorFlow 1 (tf.data.Dataset()")
        for line in lines
    )
    assert lines[-1] == "    → iter(data)"


def test_keras_in_contrib_is_there(keras_2: None) -> None:
    import tensorflow as tf
    from tensorflow.contrib import keras
    from tensorflow.contrib.keras.api.keras.layers import Dense
    from tensorflow.contrib.keras.python.keras import backend

    assert tf.contrib.keras.layers.Dense is keras.layers.Dense is Dense
    assert backend.epsilon() == 1e-7
    with pytest.raises(PrunelleError, match=r"tf.contrib.slim is of TensorFlow 1"):
        _ = tf.contrib.slim


def test_losses_by_the_path_of_tensorflow_1(keras_2: None) -> None:
    import tensorflow.compat.v1 as tf

    assert tf.losses.MeanSquaredError is tf.keras.losses.MeanSquaredError


def test_sessions_and_graphs_that_only_set(keras_2: None) -> None:
    import tensorflow as tf
    from keras import backend as K
    from tensorflow.compat.v1 import ConfigProto, InteractiveSession

    config = ConfigProto(gpu_options=tf.GPUOptions(per_process_gpu_memory_fraction=0.3))
    config.gpu_options.allow_growth = True
    session = InteractiveSession(config=config)
    K.set_session(session)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    session.run(tf.local_variables_initializer())
    graph = tf.get_default_graph()
    with graph.as_default(), tf.Graph().as_default(), tf.Session(graph=graph).as_default() as again:
        assert again.graph is graph
    session.close()
    tf.reset_default_graph()
