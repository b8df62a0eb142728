"""What a search leaves on disk: its layout, its writer, its reader. No torch, no Ray."""
