"""Reports: every claim of the catalog measured, round trips through JSON, real PDF files, pages in a browser."""

from __future__ import annotations

import html
import json
import re
import subprocess

import matplotlib.image
import pytest
import sympy as sp

import symdyn as sd
from symdyn.dynamics.figures.eigenvalue_plane import eigenvalue_plane
from symdyn.dynamics.outcome import Outcome
from symdyn.dynamics.system import Claim, System
from symdyn.errors import ModelError
from symdyn.report.blocks import Heading, Table, Text
from symdyn.report.render import render

u, v = sp.symbols("u v")
CHROMIUM = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PROBE_START = "<script>window.faults = []; window.onerror = m => { window.faults.push(String(m)); };</script>"
PROBE_END = """<script>
const sizes = [...document.querySelectorAll("math")].map(m => m.getBoundingClientRect());
const header = document.querySelector("table th");
const before = [...document.querySelectorAll("table tbody tr")].map(r => r.textContent);
if (header) header.click();
const after = [...document.querySelectorAll("table tbody tr")].map(r => r.textContent);
const found = {
  faults: window.faults,
  math: sizes.length, flat: sizes.filter(s => s.width * s.height === 0).length,
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  background: getComputedStyle(document.body).backgroundColor,
  pictures: [...document.querySelectorAll("svg")].map(s => s.getBoundingClientRect().height),
  inks: [...document.querySelectorAll("svg")].map(s => getComputedStyle(s).color),
  cards: [...document.querySelectorAll("svg")].map(s => getComputedStyle(s).backgroundColor),
  outside: [...document.querySelectorAll("[src], link[href]")].length,
};
document.body.innerHTML = "<pre>" + JSON.stringify(found) + "</pre>";
</script>"""


@pytest.fixture(scope="module")
def studies():
    """A report for every system of the catalog, with its own parameters."""
    return {name: sd.study(sd.system(name), seed=0) for name in sd.catalog()}


def mixed():
    """A report of answers of several kinds, with a picture, a long law and hostile words."""
    x, y = sp.symbols("x y")
    flow = sd.Flow(sd.VectorField((x, y), [x - x**3, -y]))
    picture = eigenvalue_plane([-1, -2])
    names = sp.symbols("a:8")
    long_law = sd.conservation_laws(sd.Parametrization(names, [sp.Mul(*names), names[0] * names[1]]))
    return sd.Report.of(
        "Answers & <b>more</b> $1_2$",
        "Laws \\input{/etc/passwd}",
        long_law,
        sd.conservation_laws(sd.networks.linear(3, 2, 2)),
        "Where it rests",
        sd.equilibria(flow, seed=0),
        Table(("n", "a long head of a column"), (("10", "x" * 30 + " " + "y" * 60), ("9", "_%#&"))),
        picture,
    )


def test_every_claim_of_every_system_is_measured_and_none_fails(studies):
    assert set(studies) == set(sd.catalog())
    for name, report in studies.items():
        claims = sd.system(name).claims
        assert [finding.id for finding in report.findings] == [claim.id for claim in claims]
        assert [finding.id for finding in report.findings if finding.failed] == []
        assert report.is_clean
        assert all(claim.source for claim in claims)


@pytest.mark.parametrize("name", sd.catalog())
def test_reports_come_back_from_json_equal(studies, name):
    assert sd.Report.from_json(studies[name].json()) == studies[name]


def test_a_report_of_many_nouns_comes_back_equal_and_renders_the_same():
    report = mixed()
    again = sd.Report.from_json(report.json())
    assert again == report
    for form in ("latex", "markdown", "html", "text"):
        assert render(again, form) == render(report, form)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data["blocks"].append({"block": "os.system", "words": ["x"]}), "no block"),
        (lambda data: data["blocks"].append({"block": "Text", "words": ["x"], "more": 1}), "wrong fields"),
        (lambda data: data["blocks"].append({"block": "Text", "words": 3}), "cannot hold"),
        (lambda data: data.pop("blocks"), "blocks"),
        (lambda data: data.update(schema="other/1"), "schema"),
    ],
)
def test_text_that_is_no_report_is_refused(spoil, message):
    data = json.loads(sd.Report("A title", (Text(("words",)),)).json())
    spoil(data)
    with pytest.raises(ModelError, match=message):
        sd.Report.from_json(json.dumps(data))


def test_json_of_a_study_has_its_claims_at_the_top_level(studies):
    data = json.loads(studies["deep_linear_network"].json())
    fields = {"id", "statement", "holds", "verdict", "expected", "measured", "source", "certificate"}
    assert all(fields <= set(claim) for claim in data["claims"])
    stored = {certificate["sha256"] for certificate in data["certificates"]}
    assert all(claim["certificate"] is None or claim["certificate"] in stored for claim in data["claims"])
    assert any(claim["certificate"] is None for claim in data["claims"])


def failing():
    raise ZeroDivisionError("division by zero")


def test_a_claim_that_fails_or_is_refuted_is_reported_and_takes_no_other_with_it():
    refuted = Outcome(
        holds=False, verdict=sd.Verdict.REFUTED, measured=4, reason="2 + 2 is not 5", counterexample="2 + 2 = 4"
    )
    claims = (
        Claim(id="wrong", statement="2 + 2 = 5.", measure=lambda: refuted, expected=5, source="derived"),
        Claim(id="broken", statement="1/0 = 1.", measure=failing, expected=1, source="derived"),
        Claim(
            id="right",
            statement="2 + 2 = 4.",
            measure=lambda: Outcome(holds=True, verdict=sd.Verdict.PROVED, measured=4),
            expected=4,
            source="derived",
        ),
    )
    report = sd.study(System("sums", {}, claims, "arithmetic"))
    assert [finding.verdict.value for finding in report.findings] == ["refuted", "undecided", "proved"]
    assert report.findings[0].counterexample == "2 + 2 = 4"
    assert report.findings[1].failed
    assert "ZeroDivisionError: division by zero" in report.findings[1].reason
    assert not report.is_clean
    for form in ("text", "latex", "markdown", "html"):
        assert "2 + 2 = 4" in re.sub(r"</?m[a-z]+>|\$", "", render(report, form))


def test_a_time_limit_leaves_claims_undecided():
    report = sd.study(sd.system("deep_linear_network"), time_limit=1e-9)
    assert {finding.verdict for finding in report.findings} == {sd.Verdict.UNDECIDED}
    assert "time limit" in report.findings[0].reason


def test_study_of_something_else_is_refused():
    with pytest.raises(ModelError, match="str is no System"):
        sd.study("deep_linear_network")


@pytest.mark.parametrize("name", [name for name in sd.__all__ if isinstance(getattr(sd, name), type)])
def test_every_noun_is_described(name):
    """By a function of its own, or of a class above it; verdicts are words and need none."""
    from symdyn.report.describe.nouns import describe

    with pytest.raises(TypeError):
        describe(object())  # all modules with descriptions are loaded in the search for one
    noun = getattr(sd, name)
    if name != "Verdict":
        assert describe.dispatch(noun) is not describe.dispatch(object), f"{name} has no description"


def test_an_unknown_noun_is_an_error_that_names_the_file_to_edit():
    with pytest.raises(TypeError, match=r"symdyn/report/describe"):
        render(object(), "text")


def compiled(folder, source):
    """Compile a document; the log, and the text of its pages."""
    (folder / "report.tex").write_text(source, encoding="utf-8")
    for _ in range(2):
        subprocess.run(
            ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "report.tex"],
            cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
    text = subprocess.run(["pdftotext", "report.pdf", "-"], cwd=folder, check=True, capture_output=True, text=True)
    return (folder / "report.log").read_text(encoding="latin-1"), text.stdout


def overfull(log):
    """Widths in points of boxes that stick out by more than 10 pt."""
    return [float(size) for size in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(size) > 10]


@pytest.mark.needs_tool("pdflatex", "pdftotext")
@pytest.mark.parametrize("name", sd.catalog())
def test_studies_compile_and_print_every_statement(studies, name, tmp_path):
    log, text = compiled(tmp_path, render(studies[name], "latex-document"))
    assert overfull(log) == []
    assert text.count("Expected:") == len(studies[name].findings)


@pytest.mark.needs_tool("pdflatex", "pdftotext")
def test_a_report_of_many_nouns_compiles_with_its_hostile_words_harmless(tmp_path):
    log, text = compiled(tmp_path, render(mixed(), "latex-document"))
    assert overfull(log) == []
    assert "\\input{/etc/passwd}" in text
    assert "root:" not in text


def browsed(folder, page, *flags):
    """What a probe at the end of the page found in a real browser."""
    probed = page.replace("<head>", f"<head>{PROBE_START}", 1).replace("</body>", f"{PROBE_END}</body>", 1)
    (folder / "page.html").write_text(probed, encoding="utf-8")
    run = subprocess.run(
        [*CHROMIUM, f"--user-data-dir={folder / 'profile'}", *flags, "--dump-dom", (folder / "page.html").as_uri()],
        check=True, capture_output=True, text=True, timeout=600,  # a browser may hang
    )  # fmt: skip
    return json.loads(html.unescape(re.search(r"<pre>(.*?)</pre>", run.stdout, re.DOTALL).group(1)))


def shade(color):
    """Mean of the three channels of a color of a style sheet, 0 to 255."""
    return sum(int(number) for number in re.findall(r"\d+", color)[:3]) / 3


@pytest.mark.needs_tool("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_renders_on_a_phone_in_light_and_dark(tmp_path, scheme):
    settings = f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}"
    found = browsed(tmp_path, mixed().html(), "--window-size=500,900", settings)
    assert found["faults"] == []
    assert found["math"] > 3
    assert found["flat"] == 0
    assert found["overflow"] <= 0
    assert found["outside"] == 0
    assert min(found["pictures"]) > 50
    assert found["dark"] == (scheme == "dark")
    assert (shade(found["background"]) < 80) == (scheme == "dark")
    # A picture takes the ink of the page, so it stands on the page itself: a card of its own must not be of that ink.
    assert found["cards"] == ["rgba(0, 0, 0, 0)"] * len(found["pictures"])
    assert all(abs(shade(ink) - shade(found["background"])) > 150 for ink in found["inks"])


PHONE = """<!DOCTYPE html><body style="margin: 0">
<iframe src="inner.html" style="width: 360px; height: 900px; border: 0"></iframe>"""
SEEN = """<script>
const sides = [...document.querySelectorAll("table td")].map(c => [c.dataset.label, c.getBoundingClientRect()]);
const hidden = [...document.querySelectorAll(".table")].filter(t => t.scrollWidth > t.clientWidth).length;
const found = {
  width: innerWidth, hidden: hidden,
  verdicts: sides.filter(([name, box]) => name === "verdict").map(([name, box]) => [box.left, box.right, box.height]),
};
parent.document.body.innerHTML = "<pre>" + JSON.stringify(found) + "</pre>";
</script>"""


@pytest.mark.needs_tool("chromium")
def test_the_verdict_column_is_on_the_screen_of_a_phone(tmp_path):
    """A window is at least 500 pixels wide, so the phone of 360 is a frame in it."""
    page = mixed().html()
    (tmp_path / "inner.html").write_text(page.replace("</body>", f"{SEEN}</body>", 1), encoding="utf-8")
    found = browsed(tmp_path, PHONE, "--allow-file-access-from-files")
    assert found["width"] == 360
    assert found["hidden"] == 0
    assert len(found["verdicts"]) >= 3
    assert all(0 <= left < right <= 360 and height > 0 for left, right, height in found["verdicts"])


@pytest.mark.needs_tool("chromium")
def test_a_screenshot_of_a_study_is_not_blank(studies, tmp_path):
    (tmp_path / "page.html").write_text(studies["multistable_self_attention"].html(), encoding="utf-8")
    subprocess.run(
        [*CHROMIUM, f"--user-data-dir={tmp_path / 'profile'}", "--window-size=500,900",
         f"--screenshot={tmp_path / 'page.png'}", (tmp_path / "page.html").as_uri()],
        check=True, capture_output=True, timeout=600,  # a browser may hang
    )  # fmt: skip
    picture = matplotlib.image.imread(tmp_path / "page.png")[..., :3]
    ink = (abs(picture - picture[-1, 0]).max(axis=-1) > 0.3).mean()
    assert 0.01 < ink < 0.5


def test_a_report_needs_a_title_and_blocks():
    with pytest.raises(ModelError, match="no title"):
        sd.Report(" ", ())
    with pytest.raises(ModelError, match="no block"):
        sd.Report("A title", (Heading(("x",)), 3))


def one_claim(outcome, expected):
    claim = Claim(
        id="count", statement="There are 7 laws.", measure=lambda: outcome, expected=expected, source="derived"
    )
    return sd.study(System("toy", {}, (claim,), "nobody"))


@pytest.mark.parametrize("verdict", [sd.Verdict.PROVED, sd.Verdict.OBSERVED, sd.Verdict.PROBABLE])
@pytest.mark.parametrize("measured", [6, float("nan"), float("inf"), "seven", None, (7,)])
def test_a_study_is_clean_only_if_what_was_measured_is_what_is_expected(verdict, measured):
    report = one_claim(Outcome(holds=True, verdict=verdict, measured=measured, reason="counted"), 7)
    assert not report.is_clean
    assert report.findings[0].holds is False
    assert report.findings[0].verdict is not sd.Verdict.PROVED
    assert json.loads(report.json())["claims"][0]["holds"] is False
    assert one_claim(Outcome(holds=True, verdict=verdict, measured=7, reason="counted"), 7).is_clean


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html"])
@pytest.mark.parametrize(
    ("verdict", "words"), [(sd.Verdict.OBSERVED, "observed not to hold"), (sd.Verdict.PROVED, "refuted")]
)
def test_a_claim_outside_its_expectation_is_never_printed_as_if_it_held(form, verdict, words):
    shown = render(one_claim(Outcome(holds=True, verdict=verdict, measured=6, reason="counted"), 7), form).lower()
    assert words in shown
    assert "proved by" not in shown


def test_a_report_of_an_earlier_version_says_by_its_verdict_whether_a_claim_holds():
    report = one_claim(Outcome(holds=True, verdict=sd.Verdict.OBSERVED, measured=7, reason="counted"), 7)
    data = json.loads(report.json())
    claim = data["claims"][0]
    del claim["holds"]
    claim["certificate"] = ""
    assert sd.Report.from_json(json.dumps(data)) == report
    claim.update(verdict="refuted")
    assert sd.Report.from_json(json.dumps(data)).findings[0].holds is False


@pytest.mark.parametrize(
    "change", [{"verdict": "proved", "holds": False}, {"verdict": "refuted", "holds": True}, {"verdict": "undecided"}]
)
def test_a_report_whose_claim_and_verdict_do_not_fit_is_refused(change):
    data = json.loads(
        one_claim(Outcome(holds=True, verdict=sd.Verdict.OBSERVED, measured=7, reason="counted"), 7).json()
    )
    data["claims"][0].update(change)
    with pytest.raises(ModelError, match="does not go with holds"):
        sd.Report.from_json(json.dumps(data))


def test_exhibits_that_time_cut_off_are_missing_and_have_not_failed():
    report = sd.study(sd.system("multistable_self_attention", tokens=2), time_limit=1e-9)
    missing = [block for block in report.blocks if getattr(block, "content", "") is None]
    assert len(missing) == len(sd.system("multistable_self_attention", tokens=2).exhibits)
    assert all("the time limit was spent" in block.reason for block in missing)
    assert report.is_clean
