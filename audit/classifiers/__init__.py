"""The systems under audit: a registry of targets and everything that answers a request."""

from audit.classifiers.prompt import FewShotPrompt
from audit.classifiers.registry import SchemeInfo, create_classifier, list_schemes

__all__ = ["FewShotPrompt", "SchemeInfo", "create_classifier", "list_schemes"]
