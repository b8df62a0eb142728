"""An exported model behind HTTP: a door that lets in what is allowed, batches, and replicas of Ray Serve behind it."""
