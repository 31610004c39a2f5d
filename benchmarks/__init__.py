"""Measurements of the project itself: the simulated world, validity and speed."""
