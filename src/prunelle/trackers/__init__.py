"""Trackers (TensorBoard, MLflow, Weights & Biases): told of trainings through a queue, in threads of their own."""
