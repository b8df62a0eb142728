"""Which trials, where, for how long: the home of Ray Tune and of Optuna's samplers."""
