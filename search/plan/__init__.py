"""What a YAML file means: spaces, conditions, budgets. No torch, no Ray."""
