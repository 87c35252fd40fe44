"""symdyn verify: stored certificates are re-checked, and whoever changes one is told where."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import symdyn as sd
from symdyn.certificate.canonical import digest
from symdyn.reading.model_file import model_from_formulas, preset
from symdyn.report.render import render
from tests.report.markup import latex_faults, read_page

MODELS = {
    "chain": lambda: model_from_formulas(["u*v", "v*w"], ["u", "v", "w"]),
    "determinant": lambda: model_from_formulas(["a*d - b*c"], ["a", "b", "c", "d"]),
    "linear": lambda: preset("linear:5,3,2"),
    "anomaly": lambda: preset("linear:1,2,2,1"),
    "relu": lambda: preset("relu-bias:4,3,2"),
}
WITHOUT_SYMPY = """
import sys
from symdyn.cli.app import run
status = run(["verify", *sys.argv[1:]])
rooms = {name.split(".")[1] for name in sys.modules if name.startswith("symdyn.")}
print(status, "sympy" in sys.modules, "symengine" in sys.modules, *sorted(rooms), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def stored(tmp_path_factory) -> Path:
    """A folder with the answer for each model, as `symdyn laws --format json` writes it."""
    folder = tmp_path_factory.mktemp("stored")
    for name, build in MODELS.items():
        (folder / f"{name}.json").write_text(render(sd.conservation_laws(build()), "json"), encoding="utf-8")
    return folder


@pytest.fixture
def changed(stored, tmp_path):
    """A copy of a stored answer after a change; `signed` renews the fingerprint, as a forger would."""

    def written(name: str, change, signed: bool = False) -> Path:
        data = json.loads((stored / f"{name}.json").read_text("utf-8"))
        change(data)
        if signed:
            certificate = data["certificate"]
            content = {key: value for key, value in certificate.items() if key not in ("sha256", "provenance")}
            certificate["sha256"] = digest(content)
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(data), encoding="utf-8")
        return path

    return written


def part(data: dict) -> dict:
    return data["certificate"]["witness"]["parts"][0]


def add_to(record: dict, key: str, amount: int = 1) -> None:
    record[key] += amount


# Good certificates


@pytest.mark.parametrize("name", MODELS)
def test_answer_that_was_written_is_proved_again(symdyn, stored, name):
    status, out, err = symdyn("verify", stored / f"{name}.json")
    assert (status, err) == (0, "")
    assert "PROVED" in out
    assert "REFUTED" not in out


def test_certificate_alone_is_as_good_as_the_answer_around_it(symdyn, stored, tmp_path):
    inner = json.loads((stored / "chain.json").read_text("utf-8"))["certificate"]
    (tmp_path / "certificate.json").write_text(json.dumps(inner))
    assert symdyn("verify", tmp_path / "certificate.json").status == 0


def test_what_the_command_wrote_the_command_verifies(symdyn, tmp_path):
    file = tmp_path / "laws.json"
    assert symdyn("laws", "u*v", "--wrt", "u,v", "--format", "json", "-o", file).status == 0
    assert symdyn("verify", file).status == 0


def test_bounds_of_an_open_interval_are_verified_and_no_more(symdyn, tmp_path):
    file = tmp_path / "laws.json"
    call = ("laws", "--network", "linear:24,24,24", "--time-limit", "1e-9", "--format", "json", "-o", file)
    assert symdyn(*call).status == 0
    data = json.loads(file.read_text("utf-8"))
    status, out, _ = symdyn("verify", file, "--format", "json")
    assert status == 0
    (result,) = json.loads(out)["results"]
    assert f"{data['lower']} <= laws <= {data['upper']}" in result["reason"]


def test_many_files_are_checked_in_one_call(symdyn, stored):
    files = [stored / f"{name}.json" for name in MODELS]
    status, out, _ = symdyn("verify", *files)
    assert status == 0
    assert all(str(file) in out for file in files)


def test_folder_stands_for_every_json_file_below_it(symdyn, stored, tmp_path):
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    for place in ("a.json", "deep/b.json", "deep/deeper/c.json"):
        (tmp_path / place).write_bytes((stored / "chain.json").read_bytes())
    (tmp_path / "deep" / "notes.txt").write_text("no certificate")
    _, out, _ = symdyn("verify", tmp_path, "--format", "json")
    found = [Path(result["file"]).relative_to(tmp_path).as_posix() for result in json.loads(out)["results"]]
    assert sorted(found) == ["a.json", "deep/b.json", "deep/deeper/c.json"]


def test_several_certificates_in_a_file_are_all_checked(symdyn, stored, tmp_path):
    answers = [json.loads((stored / f"{name}.json").read_text("utf-8")) for name in MODELS]
    (tmp_path / "all.json").write_text(json.dumps(answers))
    status, out, _ = symdyn("verify", tmp_path / "all.json", "--format", "json")
    results = json.loads(out)["results"]
    assert (status, len(results)) == (0, len(MODELS))
    assert len({result["id"] for result in results}) == len(MODELS)


# Changed ones

FORGERIES = [
    pytest.param("linear", lambda d: add_to(part(d)["laws"][0]["terms"][0], 0), "law", id="matrix law"),
    pytest.param("determinant", lambda d: add_to(part(d)["laws"][0]["terms"][0], 0), "law", id="law"),
    pytest.param("linear", lambda d: add_to(part(d)["rank"], "determinant"), "determinant", id="determinant"),
    pytest.param("linear", lambda d: part(d)["rank"]["columns"].reverse(), "", id="order of the pivots"),
    pytest.param("linear", lambda d: add_to(part(d)["rank"]["columns"], 0, 10**6), "columns", id="pivot"),
    pytest.param("linear", lambda d: add_to(part(d)["rank"], "prime", 1), "prime", id="prime"),
    pytest.param("linear", lambda d: add_to(part(d)["rank"]["point"], 0), "", id="point"),
    pytest.param("linear", lambda d: part(d)["rank"]["words"].pop(), "", id="word left out"),
    pytest.param("linear", lambda d: add_to(part(d), "lower"), "", id="lower bound of a part"),
    pytest.param("linear", lambda d: add_to(d["certificate"]["witness"], "lower"), "", id="lower bound"),
    pytest.param("linear", lambda d: add_to(d["certificate"]["witness"], "upper", -1), "", id="upper bound"),
    pytest.param("relu", lambda d: add_to(d["certificate"]["witness"], "exhibited"), "", id="laws in hand"),
    pytest.param("anomaly", lambda d: part(d).update(existence=None), "", id="existence left out"),
]
#: The answer around the certificate is what a reader sees.
SURFACES = [
    pytest.param(lambda d: add_to(d, "lower"), "lower", id="lower"),
    pytest.param(lambda d: add_to(d, "upper"), "upper", id="upper"),
    pytest.param(lambda d: add_to(d, "count"), "count", id="count"),
    pytest.param(lambda d: add_to(d, "exhibited", -1), "exhibited", id="exhibited"),
    pytest.param(lambda d: d.update(verdict="probable"), "verdict", id="verdict"),
    pytest.param(lambda d: d.update(hypotheses=["none at all"]), "hypotheses", id="hypotheses"),
]


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize(("name", "change", "place"), FORGERIES)
def test_changed_certificate_is_refuted_with_the_place(symdyn, changed, name, change, place, signed):
    file = changed(name, change, signed)
    status, out, err = symdyn("verify", file, "--format", "json")
    assert (status, err) == (1, "")
    (result,) = json.loads(out)["results"]
    assert result["verdict"] == "refuted"
    assert (place if signed else "sha256") in result["reason"]
    assert str(file) in symdyn("verify", file).out


@pytest.mark.parametrize(("change", "place"), SURFACES)
def test_answer_that_says_more_than_its_certificate_is_refuted(symdyn, changed, change, place):
    status, out, _ = symdyn("verify", changed("chain", change), "--format", "json")
    (result,) = json.loads(out)["results"]
    assert (status, result["verdict"]) == (1, "refuted")
    assert place in result["reason"]


def test_one_bad_file_among_good_ones_is_found_and_the_others_are_still_proved(symdyn, stored, changed):
    bad = changed("linear", lambda d: add_to(d, "lower", -1))
    status, out, _ = symdyn("verify", stored / "chain.json", bad, stored / "relu.json", "--format", "json")
    assert status == 1
    assert [result["verdict"] for result in json.loads(out)["results"]] == ["proved", "refuted", "proved"]


# What is no certificate


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"nope", "JSON"),
        (b"", "JSON"),
        (b'{"certificate": ', "JSON"),
        (bytes(range(256)), "JSON"),
        (b"\xff\xfe{\x00}\x00", "JSON"),
        (b"{}", "certificate"),
        (b"[]", "certificate"),
        (b"17", "certificate"),
        (b'{"schema": "symdyn/laws/1", "lower": 3}', "certificate"),
        (b'{"schema": "symdyn/certificate/2"}', "certificate"),
        (b"[" * 100_000, "file"),
    ],
)
def test_file_without_certificate_fails_and_says_why(symdyn, tmp_path, content, reason):
    (tmp_path / "file.json").write_bytes(content)
    status, out, err = symdyn("verify", tmp_path / "file.json")
    assert status in (1, 2)
    assert "file.json" in out + err
    assert reason in out + err
    assert "PROVED" not in out
    assert "none refuted" not in out
    assert "Traceback" not in out + err


@pytest.mark.parametrize("missing", ["missing.json", "missing/folder"])
def test_missing_file_is_misuse(symdyn, stored, missing):
    status, out, err = symdyn("verify", stored / "chain.json", missing)
    assert (status, out) == (2, "")
    assert missing in err


# How it is shown


@pytest.mark.parametrize("change", [None, lambda d: add_to(d, "lower", -1)], ids=["proved", "refuted"])
def test_json_has_a_schema_and_results(symdyn, stored, changed, change):
    file = stored / "chain.json" if change is None else changed("chain", change)
    _, out, _ = symdyn("verify", file, "--format", "json")
    data = json.loads(out)
    assert data.keys() == {"schema", "results"}
    assert {"id", "verdict", "reason"} <= data["results"][0].keys()
    result = data["results"][0]
    assert all(isinstance(result[name], str) and result[name] for name in ("file", "id", "verdict", "reason"))
    assert all(isinstance(line, str) for line in result["not_checked"])


def test_every_format_shows_file_and_verdict(symdyn, stored):
    file = stored / "chain.json"
    shown = {form: symdyn("verify", file, "--format", form).out for form in ("text", "latex", "markdown", "html")}
    assert all("PROVED" in text and "chain" in text for text in shown.values())
    assert latex_faults(shown["latex"]) == []
    page = read_page(shown["html"])
    assert page.faults == []
    assert page.count("table") == 1


def test_result_can_be_written_to_a_file(symdyn, stored, tmp_path):
    assert symdyn("verify", stored / "chain.json", "-o", tmp_path / "result") == (0, "", "")
    assert "PROVED" in (tmp_path / "result").read_text("utf-8")


def test_hostile_file_name_is_inert_on_a_page(symdyn, stored, tmp_path):
    file = tmp_path / "<img src=x onerror=alert(1)> & $x_1$.json"
    file.write_bytes((stored / "chain.json").read_bytes())
    page = read_page(symdyn("verify", file, "--format", "html").out)
    assert page.count("img") == 0
    assert page.faults == []
    assert latex_faults(symdyn("verify", file, "--format", "latex").out) == []


def test_verification_needs_neither_sympy_nor_an_engine(stored):
    files = [str(stored / f"{name}.json") for name in MODELS]
    ended = subprocess.run([sys.executable, "-c", WITHOUT_SYMPY, *files], capture_output=True, text=True, check=True)
    status, sympy, symengine, *rooms = ended.stderr.split()
    assert (status, sympy, symengine) == ("0", "False", "False")
    assert set(rooms) <= {"certificate", "cli", "errors"}
