"""A section for a Hugging Face model card, and its evaluation results, through huggingface_hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from audit.errors import MissingExtraError, ResultsError

METRIC = "counterfactual_gap"
BEGIN, END = "<!-- audit:begin -->", "<!-- audit:end -->"
_CLOSING = (
    "Evidence from the tests listed, on the date and version shown; it does not establish that a "
    "system is lawful, fair or safe."
)
_VERDICTS = {
    "gap": "A gap beyond the agreed limit was found.",
    "concern": "A gap was found; whether it is beyond the limit cannot be told from this run.",
    "no_gap": "No gap beyond the limit was found in what was tested.",
    "not_enough_evidence": "Not enough evidence to say.",
}


def write_model_card(
    results: Mapping[str, Any],
    folder: Path,
    *,
    card: Path | None = None,
    dataset: str | None = None,
) -> list[Path]:
    """Write the model card with the audit's section and results.

    Parameters
    ----------
    results : mapping
        The object of ``results.json``.
    folder : Path
        Gets ``README.md`` and, with ``dataset``, ``.eval_results/audit-PROBE.yaml``.
    card : Path, optional
        An existing card to extend; a section of an earlier audit in it is replaced.
    dataset : str, optional
        ``OWNER/NAME`` of the probe set as a dataset on the hub. The newer ``.eval_results`` format
        names results by it, so that without one only the card carries them.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    MissingExtraError
        If huggingface_hub is not installed.
    ResultsError
        If the card cannot be read, or written.
    """
    try:
        from huggingface_hub import ModelCard, ModelCardData
        from yaml import YAMLError
    except ImportError as error:
        raise MissingExtraError(
            "audit export --to model-card", "huggingface_hub", "exports"
        ) from error
    if card is None:
        data = ModelCardData(model_name=results["spec"]["model"])
        page = ModelCard(f"---\n{data.to_yaml()}\n---\n")
    else:
        try:
            page = ModelCard(card.read_text(encoding="utf-8"), ignore_metadata_errors=False)
        except (OSError, ValueError, YAMLError) as error:
            raise ResultsError(f"the card cannot be read: {error}", where=str(card)) from error
    data = cast("ModelCardData", page.data)
    data.model_name = data.model_name or results["spec"]["model"]
    kept = [each for each in data.eval_results or [] if not _ours(each, results)]
    data.eval_results = [*kept, *eval_results(results)]
    page.text = _with_section(page.text, card_section(results))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        page.save(folder / "README.md")
        written = [folder / "README.md"]
        if dataset is not None:
            written.append(_write_entries(results, folder, dataset))
    except OSError as error:
        raise ResultsError(f"the card cannot be written: {error}", where=str(folder)) from error
    return written


def _ours(each: Any, results: Mapping[str, Any]) -> bool:
    """Tell whether an evaluation result is an earlier audit's with the same probe set."""
    same: bool = each.metric_type == METRIC and each.dataset_type == results["probe"]["name"]
    return same


def eval_results(results: Mapping[str, Any]) -> list[Any]:
    """Return each group's gap as an `huggingface_hub.EvalResult`; one without estimate has none."""
    from huggingface_hub import EvalResult

    probe, unit = results["probe"], results["outcome"]["unit"]
    return [
        EvalResult(
            task_type="text-classification",
            dataset_type=probe["name"],
            dataset_name=results["spec"]["probe_set"],
            dataset_revision=results["spec"]["probe_sha256"],
            metric_type=METRIC,
            metric_name=f"Gap ({unit}) for {group['label']}",
            metric_value=group["estimate"],
            metric_args={
                "group": group["id"],
                "interval": [group["interval"]["low"], group["interval"]["high"]]
                if group["interval"]
                else None,
                "verdict": group["verdict"],
                "run_id": results["run_id"],
            },
        )
        for group in results["groups"]
        if group["estimate"] is not None
    ]


def _write_entries(results: Mapping[str, Any], folder: Path, dataset: str) -> Path:
    """Write the results in the hub's ``.eval_results`` format."""
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml
    from ruamel.yaml import YAML

    entries = [
        EvalResultEntry(
            dataset_id=dataset,
            task_id=f"{results['probe']['name']}.{group['id']}",
            value=group["estimate"],
            date=results["finished"],
            notes=f"gap of {results['outcome']['name']}; verdict {group['verdict']}; "
            f"run {results['run_id']}",
        )
        for group in results["groups"]
        if group["estimate"] is not None
    ]
    path = folder / ".eval_results" / f"audit-{results['probe']['name']}.yaml"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8") as handle:
        YAML().dump(eval_result_entries_to_yaml(entries), handle)
    return path


def card_section(results: Mapping[str, Any]) -> str:
    """Return the section in Markdown, nulls and what was not tested included."""
    spec, points = results["spec"], results["outcome"]["unit"] == "probability"
    limit = results["limits"]["tolerance"]
    lines = [
        BEGIN,
        "## Counterfactual audit",
        "",
        f"{_VERDICTS.get(results['verdict'] or '', 'The run did not finish.')} "
        f"`{spec['model']}` with probe set `{spec['probe_set']}`, run `{results['run_id']}` of "
        f"{results['finished']}. Limit: {_amount(limit, points)} either way. A gap is "
        f"{_cell(results['outcome']['name'])} with a mention of the group minus without.",
        "",
        "| group | gap | interval | smallest detectable | verdict |",
        "|---|---:|---:|---:|---|",
    ]
    for group in results["groups"]:
        interval = group["interval"]
        ends = (
            f"{_amount(interval['low'], points, sign=True)} to "
            f"{_amount(interval['high'], points, sign=True)}"
            if interval
            else "not available"
        )
        lines.append(
            f"| {_cell(group['label'])} | {_amount(group['estimate'], points, sign=True)} | {ends} "
            f"| {_amount(group['smallest_detectable_gap'], points)} | {group['verdict']} |"
        )
    left_out = [f"- {_cell(item['what'])}: {_cell(item['why'])}" for item in results["not_tested"]]
    if left_out:
        lines += ["", "Not tested:", "", *left_out[:20]]
        if len(left_out) > 20:
            lines.append(f"- and {len(left_out) - 20} more, in the run's results.json")
    return "\n".join([*lines, "", _CLOSING, END])


def _with_section(text: str, section: str) -> str:
    """Put the section in place of an earlier one, or at the end."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        return f"{before}{section}{after}"
    return f"{text.rstrip()}\n\n{section}\n".lstrip("\n")


def _amount(value: float | None, points: bool, *, sign: bool = False) -> str:
    if value is None:
        return "not available"
    number = value * 100 if points else value
    text = f"{number:{'+' if sign else ''}.{1 if points else 3}f}"
    return f"{text} points" if points else text


def _cell(text: str) -> str:
    """Escape what would end a table cell or begin markup."""
    flat = " ".join(str(text).split())
    return "".join(f"\\{sign}" if sign in "\\`*_|[]<>~" else sign for sign in flat)
