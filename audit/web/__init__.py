"""What is served: the guard over HTTP. Needs the extra ``serve``."""

from audit.web.app import create_app

__all__ = ["create_app"]
