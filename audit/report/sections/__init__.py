"""One module per part of the report; each turns the material into section dataclasses."""
