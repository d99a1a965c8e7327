"""``keras.wrappers.scikit_learn``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prunelle.errors import ArgumentError
from prunelle.keras import compat
from prunelle.keras.names.wrappers import KerasClassifier, KerasRegressor

X = np.repeat(np.eye(3), 8, axis=0)
NAMES = np.repeat(["ant", "bee", "cat"], 8)


def classifier(rate: float = 0.5) -> Any:
    from keras.layers import Dense
    from keras.models import Sequential
    from keras.optimizers import SGD

    model = Sequential([Dense(3, activation="softmax", input_shape=(3,))])
    model.compile(SGD(lr=rate), "categorical_crossentropy", metrics=["accuracy"])
    return model


def test_classes_may_be_texts() -> None:
    with compat("2.3"):
        found = KerasClassifier(build_fn=classifier, rate=1.0, epochs=60, batch_size=8, verbose=0)
        found.fit(X, NAMES)
        assert found.predict(X).tolist() == NAMES.tolist()
        assert found.score(X, NAMES) == 1.0
        np.testing.assert_allclose(found.predict_proba(X).sum(1), 1, rtol=1e-6)
        assert found.get_params()["rate"] == 1.0


def test_arguments_that_nothing_takes_are_told() -> None:
    with compat("2.3"), pytest.raises(ArgumentError, match="colour is not a legal parameter"):
        KerasClassifier(build_fn=classifier, colour="red")


def test_a_regressors_score_is_minus_its_loss() -> None:
    def build() -> Any:
        from keras.layers import Dense
        from keras.models import Sequential

        model = Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(1,))])
        model.compile("sgd", "mse")
        return model

    with compat("2.3"):
        found = KerasRegressor(build_fn=build, epochs=0, verbose=0)
        found.fit(np.ones((4, 1)), np.ones(4))
        assert found.predict(np.array([[1.0], [2.0]])).tolist() == [1.0, 2.0]
        # Errors of 1 and 3: the mean of their squares is 5.
        assert found.score(np.array([[1.0], [2.0]]), np.array([2.0, 5.0])) == pytest.approx(-5.0)


def test_scikit_learn_searches_and_validates_with_them() -> None:
    """A rate of 0 learns nothing: the search has to find the other, folds of all classes."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score

    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    with compat("2.3"):
        found = KerasClassifier(build_fn=classifier, epochs=40, batch_size=4, verbose=0)
        search = GridSearchCV(found, {"rate": [0.0, 1.0]}, cv=folds).fit(X, NAMES)
        assert search.best_params_ == {"rate": 1.0}
        assert search.best_score_ == 1.0
        assert cross_val_score(found, X, NAMES, cv=folds).tolist() == [1.0, 1.0]
