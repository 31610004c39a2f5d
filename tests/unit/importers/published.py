"""Small sources in every published format, written for these tests, and where the real ones lie."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from audit.probes.importers import ImportOptions, ImportReport, import_probes

PLACE = "AUDIT_PUBLISHED_DATA"
REAL = Path(os.environ.get(PLACE, Path(__file__).parents[3].parent / "shared" / "data"))
needs_real = pytest.mark.skipif(
    not REAL.is_dir(),
    reason=f"the published files are not beside this checkout (../shared/data, or set {PLACE})",
)


def rows_of(report: ImportReport) -> list[dict[str, str]]:
    """Return the cases as written."""
    with report.path.with_suffix(".csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def left_out(report: ImportReport) -> dict[str, int]:
    """Return the rows left out by reason."""
    return {entry["why"]: entry["rows"] for entry in report.left_out}


def run_import(source: Path | str, tmp_path: Path, form: str, **options: object) -> ImportReport:
    """Import into a folder of its own."""
    return import_probes(
        str(source), tmp_path / "out", format=form, options=ImportOptions(**options)
    )


def write_csv(path: Path, header: str, *rows: str) -> Path:
    """Write a table by its lines."""
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def write_eec(tmp_path: Path) -> Path:
    """Two templates for a woman and a man; one row is about race."""
    return write_csv(
        tmp_path / "eec.csv",
        "ID,Sentence,Template,Person,Gender,Race,Emotion,Emotion word",
        "1,She is glad today.,<person> is <emotion> today.,she,female,,joy,glad",
        "2,He is glad today.,<person> is <emotion> today.,he,male,,joy,glad",
        "3,Latisha saw it.,<person> saw it.,Latisha,female,African-American,,",
        "4,Adam saw it.,<person> saw it.,Adam,male,European,,",
    )


def write_bits(tmp_path: Path) -> Path:
    """A facet with a blank that nobody filled, and the control sentences beside it."""
    write_csv(
        tmp_path / "Standard_Corpus.csv",
        ",Template,Sentence,Sentiment",
        "0,T1,I met a friend.,Neutral",
        "1,T2,The friend made me feel angry.,Anger",
    )
    return write_csv(
        tmp_path / "Disability Facet_Social.csv",
        ",Template,Sentence,Sentiment,Class,SubClass",
        "0,T1,I met a Blind friend.,Neutral,Disable_Social,Blind",
        "1,T2,The Blind friend made me feel angry.,Anger,Disable_Social,Blind",
        "2,T2,The Blind friend made me feel <emotion state>.,Neutral,Disable_Social,Blind",
    )


def write_crows(tmp_path: Path) -> Path:
    """One pair each way round."""
    return write_csv(
        tmp_path / "crows.csv",
        ",sent_more,sent_less,stereo_antistereo,bias_type",
        "0,Deaf cooks are slow.,Tall cooks are slow.,stereo,disability",
        "1,Rich boys are kind.,Poor boys are kind.,antistereo,socioeconomic",
    )


def write_bbq(tmp_path: Path) -> Path:
    """One question in both directions, ambiguous and not."""
    lines = []
    for number, (condition, polarity, label, context) in enumerate(
        [
            ("ambig", "neg", 1, "Two came in."),
            ("disambig", "neg", 0, "Two came in. The one with the cane got lost."),
            ("disambig", "nonneg", 2, "Two came in. The one with the cane got lost."),
            ("disambig", "neg", 2, "Two came in. The one with the bag got lost."),
        ]
    ):
        info = {
            "ans0": ["cane", "disabled"],
            "ans1": ["Not known", "unknown"],
            "ans2": ["bag", "nonDisabled"],
        }
        item = {
            "example_id": number, "question_index": "1", "question_polarity": polarity,
            "context_condition": condition, "category": "Disability_status", "answer_info": info,
            "additional_metadata": {"stereotyped_groups": ["disabled", "physically disabled"]},
            "context": context, "question": "Who?", "label": label,
        }  # fmt: skip
        lines.append(json.dumps(item))
    path = tmp_path / "bbq.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_kobbq(tmp_path: Path) -> Path:
    """One item with its roles swapped, each with both questions and both conditions."""
    lines = ["sample_id\tcontext\tbiased_answer\tanswer"]
    for version, answer in (("a", "손자"), ("b", "할머니")):
        for condition in ("amb-bsd", "amb-cnt", "dis-bsd", "dis-cnt"):
            lines.append(f"age-001{version}-002-{condition}\t{answer}가 졌다.\t할머니\t{answer}")
    path = tmp_path / "kobbq.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_winobias(tmp_path: Path) -> Path:
    """One sentence both ways, as two of the eight files."""
    folder = tmp_path / "winobias"
    folder.mkdir()
    for kind, pronoun in (("pro", "he"), ("anti", "she")):
        (folder / f"{kind}_stereotyped_type1.txt.dev").write_text(
            f"1 [The developer] met the clerk because [{pronoun}] was free.\nno number here\n",
            encoding="utf-8",
        )
    return folder


def write_jigsaw(tmp_path: Path) -> Path:
    """Identity terms in templates; what they are is said by the plainest of them."""
    write_csv(tmp_path / "words.csv", "type,subtype,connotation,word",
              "identity,disability,neutral,deaf", "identity,age,neutral,old")  # fmt: skip
    return write_csv(
        tmp_path / "sentence_templates.csv",
        "template,toxicity,phrase",
        "am_hate_adj,nontoxic,I am deaf",
        "am_hate_adj,nontoxic,I am old",
        "you_are_adj,nontoxic,You are a kind deaf",
        "you_are_adj,nontoxic,You are a kind old",
        "you_occupation,nontoxic,You are a kind cook",
    )


def write_holistic(tmp_path: Path) -> Path:
    """Two descriptors, one of them for one gender, two nouns, two templates, two phrases."""
    folder = tmp_path / "holistic"
    folder.mkdir()
    parts = {
        "descriptors": {"ability": {"x": ["Deaf", {"descriptor": "Latina", "gender": "female"},
                                          {"descriptor": "US-born", "article": "a"}]}},
        "nouns": {"female": [["woman", "women"]], "neutral": [["adult", "adults"]]},
        "sentence_templates": {"I'm {noun_phrase}.": {}, "{plural_noun_phrase} sing.": {}},
        "standalone_noun_phrases": {
            "ability": [{"noun_phrase": "{article} {noun} who signs",
                         "plural_noun_phrase": "{article} {noun} who sign"}, "a signer"]
        },
    }  # fmt: skip
    for name, content in parts.items():
        (folder / f"v9_{name}.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def write_gfm(tmp_path: Path) -> Path:
    """Three templates and three kinds of term."""
    folder = tmp_path / "gfm"
    (folder / "templates").mkdir(parents=True)
    (folder / "terms").mkdir()
    write_csv(
        folder / "templates" / "disability_templates.csv",
        "TEMPLATE,DOMAIN,SENT,NER",
        "As {a:disability_np} I sing.,,2,",
        "{Disability_people} left.,,1,",
        '"We have 3, one {disability_adj_or_pp}.",,0,',
    )
    write_csv(
        folder / "terms" / "disability.csv",
        'TERM,"GROUP",POS,"TYPE"',
        "epileptic,epilepsy,adj,",
        "with a limp,mobility,pp,",
        "wheelchair user,mobility,n,",
    )
    return folder
