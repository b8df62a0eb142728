"""What a page shows, as plain data: pure functions of a run, tested without a browser."""
