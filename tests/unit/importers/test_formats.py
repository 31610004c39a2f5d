"""Every published format, on small sources written here and on the real files where they are."""

from __future__ import annotations

import json
import sys
import types

import pytest

from audit.errors import ConfigError
from audit.probes import expand, load_probe_set
from audit.probes.importers import SourceOptions, known_formats
from tests.unit.importers import published as small


def pairs(report) -> list[tuple[str, str, str, str]]:
    return [(r["role"], r["group"], r["term"], r["text"]) for r in small.rows_of(report)]


def test_every_format_says_what_it_is() -> None:
    names = [name for name, summary in known_formats() if summary]
    assert set(names) == {
        "eec", "bits", "holistic-bias", "crows-pairs", "bbq", "kobbq", "winobias",
        "jigsaw-templates", "checklist", "gfm", "pairs-csv", "feedback", "table",
    }  # fmt: skip


def test_eec_compares_women_with_men_in_a_template_and_emotion(tmp_path) -> None:
    report = small.run_import(small.write_eec(tmp_path), tmp_path, "eec")
    assert pairs(report) == [
        ("group", "female", "she", "She is glad today."),
        ("reference", "", "he", "He is glad today."),
        ("group", "female", "Latisha", "Latisha saw it."),
        ("reference", "", "Adam", "Adam saw it."),
    ]
    expansion = expand(load_probe_set(report.path))
    assert {v.unit for v in expansion.variants} == {
        "<person> is <emotion> today.", "<person> saw it."
    }  # fmt: skip
    assert [row["source_row"] for row in small.rows_of(report)] == ["2", "3", "4", "5"]


def test_a_preset_gives_way_to_the_caller(tmp_path) -> None:
    report = small.run_import(
        small.write_eec(tmp_path), tmp_path, "eec",
        columns=(("group", "Race"), ("context", "Template")), reference=(("Race", "European"),),
        only=(("Race", "European"), ("Race", "African-American")),
    )  # fmt: skip
    assert [row[:3] for row in pairs(report)] == [
        ("group", "African-American", "Latisha"), ("reference", "", "Adam"),
    ]  # fmt: skip
    assert small.left_out(report) == {"another value than --only asks for": 2}


def test_bits_takes_the_control_sentences_beside_it(tmp_path) -> None:
    report = small.run_import(small.write_bits(tmp_path), tmp_path, "bits")
    assert [row[:3] for row in pairs(report)] == [
        ("reference", "", "reference"), ("reference", "", "reference"),
        ("group", "Disable_Social", "Blind"), ("group", "Disable_Social", "Blind"),
    ]  # fmt: skip
    assert small.left_out(report) == {"a placeholder in the text was never filled": 1}
    assert "<emotion state>" in report.left_out[0]["examples"][0]["what"]
    assert len(expand(load_probe_set(report.path)).variants) == 4


def test_crows_pairs_turns_the_pair_so_that_the_advantaged_group_is_the_reference(tmp_path) -> None:
    report = small.run_import(small.write_crows(tmp_path), tmp_path, "crows-pairs")
    assert sorted(pairs(report)) == [
        ("group", "disability", "Deaf", "Deaf cooks are slow."),
        ("group", "socioeconomic", "Poor", "Poor boys are kind."),
        ("reference", "", "reference", "Rich boys are kind."),
        ("reference", "", "reference", "Tall cooks are slow."),
    ]


def test_bbq_contexts_pair_the_target_with_the_other_person(tmp_path) -> None:
    report = small.run_import(small.write_bbq(tmp_path), tmp_path, "bbq")
    assert pairs(report) == [
        ("group", "Disability_status", "cane", "Two came in. The one with the cane got lost."),
        ("reference", "", "bag", "Two came in. The one with the bag got lost."),
    ]
    assert report.read == 4
    assert sum(small.left_out(report).values()) == 2


def test_bbq_knows_the_target_by_its_tag_however_it_is_written(tmp_path) -> None:
    path = small.write_bbq(tmp_path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        line["answer_info"]["ans0"][1] = "F-MiddleEastern"
        line["additional_metadata"]["stereotyped_groups"] = ["Middle Eastern"]
    both = {**lines[1], "category": "Race_x_gender"}
    path.write_text("\n".join(map(json.dumps, [*lines, both])), encoding="utf-8")
    report = small.run_import(path, tmp_path, "bbq")
    assert [row[2] for row in pairs(report) if row[0] == "group"] == ["cane"]
    assert small.left_out(report)["whom the stereotype is about depends on two attributes at once"]


def test_kobbq_contexts_pair_the_two_versions(tmp_path) -> None:
    report = small.run_import(small.write_kobbq(tmp_path), tmp_path, "kobbq")
    assert pairs(report) == [
        ("reference", "", "손자", "손자가 졌다."), ("group", "age", "할머니", "할머니가 졌다."),
    ]  # fmt: skip
    assert {row["context"] for row in small.rows_of(report)} == {"age-001|002"}


def test_winobias_reads_all_its_files_and_names_a_line_of_another_shape(tmp_path) -> None:
    report = small.run_import(small.write_winobias(tmp_path), tmp_path, "winobias")
    assert pairs(report) == [
        ("group", "female", "she", "The developer met the clerk because she was free."),
        ("reference", "", "he", "The developer met the clerk because he was free."),
    ]
    assert small.left_out(report) == {"the line has another shape": 2}


def test_jigsaw_terms_are_learnt_and_found(tmp_path) -> None:
    report = small.run_import(
        small.write_jigsaw(tmp_path), tmp_path, "jigsaw-templates", reference=(("term", "old"),)
    )
    assert pairs(report) == [
        ("group", "disability", "deaf", "I am deaf"), ("reference", "", "old", "I am old"),
        ("group", "disability", "deaf", "You are a kind deaf"),
        ("reference", "", "old", "You are a kind old"),
    ]  # fmt: skip
    assert small.left_out(report) == {"none of the terms stands in the text": 1}
    assert {v.gold for v in expand(load_probe_set(report.path)).variants} == {"nontoxic"}


def test_without_a_reference_the_import_says_that_nothing_can_be_compared(tmp_path) -> None:
    report = small.run_import(small.write_jigsaw(tmp_path), tmp_path, "jigsaw-templates")
    assert any("no row is a reference" in line for line in report.lines())


def test_holistic_bias_sentences_are_built_with_their_references(tmp_path) -> None:
    report = small.run_import(small.write_holistic(tmp_path), tmp_path, "holistic-bias")
    texts = [row[3] for row in pairs(report)]
    assert texts == [
        "I'm a woman.", "I'm a Deaf woman.", "I'm a Latina woman.", "I'm a US-born woman.",
        "I'm a woman who signs.", "I'm an adult.", "I'm a Deaf adult.", "I'm a US-born adult.",
        "I'm an adult who signs.", "Women sing.", "Deaf women sing.", "Latina women sing.",
        "US-born women sing.", "Women who sign sing.", "Adults sing.", "Deaf adults sing.",
        "US-born adults sing.", "Adults who sign sing.",
    ]  # fmt: skip
    assert report.references == 4
    assert sum(small.left_out(report).values()) == 1
    assert set(report.encodings.values()) == {"UTF-8 (every byte of the file fits)"}


def test_files_of_generated_sets_are_read_in_their_own_encoding(tmp_path) -> None:
    folder = small.write_holistic(tmp_path)
    path = folder / "v9_nouns.json"
    path.write_text(json.dumps({"neutral": [["protégé", "protégés"]]}, ensure_ascii=False),
                    encoding="utf-8-sig")  # fmt: skip
    report = small.run_import(folder, tmp_path, "holistic-bias")
    assert "I'm a Deaf protégé." in [row["text"] for row in small.rows_of(report)]
    assert report.encodings[path.name].startswith("UTF-8 with a byte order mark")
    path.write_bytes(path.read_text(encoding="utf-8-sig").encode("windows-1252"))
    with pytest.raises(ConfigError, match="Windows-1252 is more likely"):
        small.run_import(folder, tmp_path, "holistic-bias")


def test_gfm_terms_fill_the_slots_that_take_them(tmp_path) -> None:
    report = small.run_import(small.write_gfm(tmp_path), tmp_path, "gfm")
    assert pairs(report) == [
        ("reference", "", "reference", "As a person I sing."),
        ("group", "epilepsy", "epileptic", "As an epileptic person I sing."),
        ("group", "mobility", "with a limp", "As a person with a limp I sing."),
        ("group", "mobility", "wheelchair user", "As a wheelchair user I sing."),
        ("reference", "", "reference", "People left."),
        ("group", "epilepsy", "epileptic", "Epileptic people left."),
        ("group", "mobility", "with a limp", "People with a limp left."),
        ("group", "mobility", "wheelchair user", "Wheelchair users left."),
    ]
    assert {row["label"] for row in small.rows_of(report)} == {"Positive", "Neutral"}
    assert small.left_out(report) == {"the template has no sentence without a term": 1}
    assert [row["source_row"] for row in small.rows_of(report)] == ["2"] * 4 + ["3"] * 4
    assert set(report.encodings) == {"disability_templates.csv", "disability.csv"}


def test_gfm_lists_ragged_rows_of_both_kinds_of_file(tmp_path) -> None:
    folder = small.write_gfm(tmp_path)
    for name in ("templates/disability_templates.csv", "terms/disability.csv"):
        with (folder / name).open("a", encoding="utf-8") as stream:
            stream.write("ragged\n")
    report = small.run_import(folder, tmp_path, "gfm")
    assert small.left_out(report)["the row does not have as many cells as the header"] == 2


class _Base:
    def __init__(self, **given) -> None:
        self.__dict__.update(given)


def suite_module(monkeypatch) -> types.ModuleType:
    """Make a module like the one that suites are pickled from."""
    module = types.ModuleType("checklist_like")
    for name in ("TestSuite", "INV"):
        setattr(module, name, type(name, (_Base,), {"__module__": "checklist_like"}))
    monkeypatch.setitem(sys.modules, "checklist_like", module)
    return module


def test_a_checklist_pickle_is_read_without_its_classes(tmp_path, monkeypatch) -> None:
    import pickle

    module = suite_module(monkeypatch)
    data = [["He is a nurse.", "He is a deaf nurse."], ["We won.", "We blind ones won."]]
    test = module.INV(data=data, labels=None, capability="Fairness", name="disability")
    path = tmp_path / "suite.pkl"
    path.write_bytes(pickle.dumps(module.TestSuite(tests={"disability": test})))
    monkeypatch.delitem(sys.modules, "checklist_like")
    report = small.run_import(path, tmp_path, "checklist")
    assert pairs(report) == [
        ("reference", "", "reference", "He is a nurse."),
        ("group", "disability", "deaf", "He is a deaf nurse."),
        ("reference", "", "reference", "We won."),
        ("group", "disability", "blind ones", "We blind ones won."),
    ]


class _Evil:
    def __init__(self, path) -> None:
        self.path = path

    def __reduce__(self):
        import os

        return os.mkdir, (str(self.path),)


def test_a_pickle_that_runs_code_runs_nothing(tmp_path, monkeypatch) -> None:
    import pickle

    path, mark = tmp_path / "suite.pkl", tmp_path / "ran"
    path.write_bytes(pickle.dumps({"tests": {"t": {"data": [["a", "b"]], "x": _Evil(mark)}}}))
    report = small.run_import(path, tmp_path, "checklist")
    assert report.written == 2
    assert not mark.exists()
    path.write_bytes(pickle.dumps(_Evil(mark)))
    with pytest.raises(ConfigError, match="holds no CheckList suite"):
        small.run_import(path, tmp_path, "checklist")
    path.write_bytes(b"\x80\x04garbage")
    with pytest.raises(ConfigError, match="cannot be read as data alone"):
        small.run_import(path, tmp_path, "checklist")
    with pytest.raises(ConfigError, match="a pickle, which can run code"):
        small.run_import(path.rename(tmp_path / "t.csv"), tmp_path, "table",
                         columns=(("text", "a"), ("context", "b")))  # fmt: skip
    assert not mark.exists()


def test_a_checklist_suite_as_json_lines(tmp_path) -> None:
    path = tmp_path / "suite.jsonl"
    rows = [{"test": "d", "case": 1, "version": v, "text": t, "label": ""}
            for v, t in enumerate(["We won.", "We deaf won."])]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report = small.run_import(path, tmp_path, "checklist")
    assert [row[:3] for row in pairs(report)] == [
        ("reference", "", "reference"), ("group", "d", "deaf")
    ]  # fmt: skip


@small.needs_real
@pytest.mark.parametrize(
    ("form", "place", "read", "written"),
    [
        ("crows-pairs", "crows_pairs/crows_pairs_anonymized.csv", 1508, 3015),
        ("bbq", "bbq/Disability_status.jsonl", 1556, 389),
        ("kobbq", "kobbq/KoBBQ_test_samples.tsv", 2280, 570),
        ("winobias", "winobias", 8 * 396, 8 * 396),
        ("jigsaw-templates", "jigsaw/en_sentence_templates.csv", 76_564, 75_700),
        ("jigsaw-templates", "jigsaw/zh-cn_sentence_templates.csv", 37_359, 35_854),
    ],
)
def test_real_sets_are_read_whole(tmp_path, form, place, read, written) -> None:
    report = small.run_import(small.REAL / place, tmp_path, form)
    assert (report.read, report.written) == (read, written)
    assert report.read == report.written + sum(small.left_out(report).values()) or form == (
        "crows-pairs"  # a row makes two texts
    )
    assert all(name.startswith("UTF-8 (every byte") for name in report.encodings.values())
    assert load_probe_set(report.path).meta["licence"] == report.licence


@small.needs_real
def test_real_encodings_stay_intact(tmp_path) -> None:
    english = small.run_import(
        small.REAL / "jigsaw/en_sentence_templates.csv", tmp_path, "jigsaw-templates"
    )
    texts = [row["text"] for row in small.rows_of(english)]
    assert sum("Agustín" in text for text in texts) == sum("Léa" in text for text in texts) == 1600
    korean = small.run_import(small.REAL / "kobbq/KoBBQ_test_samples.tsv", tmp_path / "k", "kobbq")
    assert all(any("가" <= sign <= "힣" for sign in row["text"]) for row in small.rows_of(korean))
    crows = small.run_import(
        small.REAL / "crows_pairs/crows_pairs_anonymized.csv", tmp_path / "c", "crows-pairs"
    )
    assert crows.groups["disability"] == 60


@small.needs_real
@pytest.mark.parametrize(
    ("version", "descriptors", "ability"), [("v1.0", 524, 30), ("v1.1", 583, 38)]
)
def test_real_holistic_bias_has_the_counts_of_its_paper(
    tmp_path, version, descriptors, ability
) -> None:
    from audit.probes.importers.descriptors import find_parts

    parts = find_parts(small.REAL / "holistic_bias", version)
    listed = [
        (axis, item if isinstance(item, str) else item["descriptor"])
        for axis, buckets in json.loads(parts["descriptors"].read_text(encoding="utf-8")).items()
        for entries in buckets.values()
        for item in entries
    ]
    assert len(listed) == descriptors
    report = small.run_import(
        small.REAL / "holistic_bias", tmp_path, "holistic-bias",
        read=SourceOptions(split=version), only=(("axis", "ability"), ("axis", "")),
    )  # fmt: skip
    words = {row["term"] for row in small.rows_of(report) if row["role"] == "group"}
    own = {word for axis, word in listed if axis == "ability"}
    assert own <= words
    assert len(own) == ability
    nouns = {"v1.0": 30, "v1.1": 32}[version]
    assert report.references == 26 * nouns
    plain = [row for row in small.rows_of(report) if row["term"] in own]
    assert len(plain) == 26 * nouns * ability


@small.needs_real
def test_a_folder_with_two_versions_asks_which(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"versions v1\.0, v1\.1"):
        small.run_import(small.REAL / "holistic_bias", tmp_path, "holistic-bias")
