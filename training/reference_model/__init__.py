"""The bundled reference model: word lists, text generator, training and evaluation."""
