"""The run folder: opened, created, written, resumed, locked; who listens to a task; runs judged and compared."""
