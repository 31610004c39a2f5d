"""The report a program holds: the model, and how it shows itself in a notebook."""

from __future__ import annotations

from markupsafe import Markup

from audit.report.html import render_html
from audit.report.model import ReportModel

_FRAME = Markup(
    '<iframe sandbox="" title="{}" srcdoc="{}" style="width:100%;height:45rem;border:0"></iframe>'
)


class Report(ReportModel):
    """A whole report; in a notebook it shows itself as its page.

    See :class:`audit.report.model.ReportModel` for what it holds.
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        """Return the page in a frame of its own, so that neither style nor script can leak."""
        return str(_FRAME.format(self.run_id, render_html(self)))
