"""The bundled demo: a real clip and its tracks."""
