"""TensorBoard event files of any program, read by what was appended: what the dashboard draws curves from."""
