"""Public, seeded training of the models that are shipped with the package."""
