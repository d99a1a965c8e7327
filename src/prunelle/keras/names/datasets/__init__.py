"""``keras.datasets``: those of Prunelle's data folder."""

__all__ = ["cifar10", "cifar100", "fashion_mnist", "mnist"]
