"""Confirming a winner: the best trials trained again with fresh seeds, the choice, the one look at the test images."""
