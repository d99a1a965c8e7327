"""What a task shows in the terminal."""
