"""``tf.errors``: what programs catch."""

from __future__ import annotations

from prunelle.errors import ArgumentError


class OpError(ArgumentError):
    """A function of TensorFlow's that was given what it does not take."""


class InvalidArgumentError(OpError):
    """A value, a type or a shape that a function does not take."""


class WrongType(InvalidArgumentError, TypeError):
    """A number of a type that a function does not take; some of these TensorFlow raises as ``TypeError``."""


class NotFoundError(OpError):
    """A file that is not there."""


class OutOfRangeError(OpError):
    """Nothing is left: the end of a data set's iterator."""


class DataLossError(OpError):
    """A file whose content is not what was written."""


class FailedPreconditionError(OpError):
    """Something that must be done before was not."""


class ResourceExhaustedError(OpError):
    """Not enough memory."""


class UnimplementedError(OpError):
    """Nobody has written it."""


class AlreadyExistsError(OpError):
    """A file that is there already."""


class PermissionDeniedError(OpError):
    """A file that the system does not let be used."""


class InternalError(OpError):
    """Something of TensorFlow's own."""


class AbortedError(OpError):
    """What was begun did not end."""


class CancelledError(OpError):
    """What was begun was stopped."""


class DeadlineExceededError(OpError):
    """It took too long."""


class UnauthenticatedError(OpError):
    """Nobody knows who asks."""


class UnavailableError(OpError):
    """A service that is not there."""


class UnknownError(OpError):
    """Nobody knows."""
