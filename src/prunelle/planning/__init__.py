"""What a task will do, chosen, checked and said before anything is decoded or trained."""
