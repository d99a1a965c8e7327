"""What objects show of themselves in a notebook; ``drawing.card`` has what a card is made of."""
