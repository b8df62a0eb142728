"""Pictures of what a model says: heat maps, contact sheets; drawn with Pillow, written as PNG."""
