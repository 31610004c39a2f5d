"""From predictions to gaps with intervals: pure functions of numpy arrays and records."""
