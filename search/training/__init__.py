"""How one trial trains: torch alone; knows no Ray, no Optuna, no YAML."""
