"""symdyn demo: a tour on real input, in which every answer is re-checked."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from symdyn.cli.options.output import common_options
from symdyn.report.files import write_atomically


@click.command("demo")
@click.option(
    "--folder", type=click.Path(file_okay=False), default="symdyn-demo", show_default=True, help="For the files made."
)
@common_options
def command(folder: str, form: str, output: str | None, seed: int, time_limit: float | None, quiet: bool) -> int:
    """A two-minute tour: formulas, networks, an anomaly, a real-size ReLU network, certificates, text for a paper.

    The tour is text on stdout, whatever --format and -o say; --seed and --time-limit hold for its computations.
    """
    import symdyn as sd
    from symdyn.reading.model_file import model_from_formulas

    started = time.monotonic()
    options: dict[str, Any] = {"seed": seed, "time_limit": time_limit}
    _part('Formulas:  symdyn laws "u*v" "v*w" --wrt u,v,w')
    _answer(sd.conservation_laws(model_from_formulas(["u*v", "v*w"], ["u", "v", "w"]), **options))
    _part("A deep linear network:  symdyn laws --network linear:2,5,5,2")
    deep = _answer(sd.conservation_laws(sd.networks.linear(2, 5, 5, 2), **options))
    _part("An anomaly, one law more than known:  symdyn laws --network linear:1,2,2,1")
    _answer(sd.conservation_laws(sd.networks.linear(1, 2, 2, 1), **options))
    _part("Digits, 669,696 parameters:  symdyn laws --network relu-bias:784,512,512,10")
    _answer(sd.conservation_laws(sd.networks.relu(784, 512, 512, 10, bias=True), **options))
    _part("A certificate re-checked without the engine, then with one number changed")
    _tamper(deep)
    files = _write(Path(folder), deep)
    _part(f"A report, text for a paper, a page and a certificate in {folder}/")
    for file in files:
        click.echo(f"  {file}")
    click.echo(f"\n  Open {files[0].resolve().as_uri()} in a browser: the same answers as a report.")
    click.echo(f"  {time.monotonic() - started:.1f} s in all. Next: symdyn laws --help")
    return 0


def _part(title: str) -> None:
    click.echo("\n" + "=" * 80 + f"\n{title}\n" + "-" * 80)


def _answer(answer: Any) -> Any:
    """Print an answer and the outcome of its own re-check."""
    click.echo(answer.text())
    began = time.monotonic()
    verified = answer.certificate.verify()
    click.echo(f"  re-checked: {verified.verdict} in {time.monotonic() - began:.2f} s")
    return answer


def _tamper(answer: Any) -> None:
    from symdyn.certificate.canonical import digest
    from symdyn.certificate.verify import verify_data

    click.echo(f"  as stored:         {verify_data(answer.certificate.to_data()).verdict.upper()}")
    forged = json.loads(answer.certificate.to_json())
    forged["witness"]["parts"][0]["laws"][0]["terms"][0][0] += 1
    forged.pop("provenance")
    forged["sha256"] = digest({key: value for key, value in forged.items() if key != "sha256"})
    result = verify_data(forged)
    click.echo(f"  a coefficient + 1: {result.verdict.upper()}\n      {result.reason}")


def _report(answer: Any) -> Any:
    """Laws, and the equilibria of a flow with its phase portrait, in one report."""
    import sympy as sp

    import symdyn as sd
    from symdyn.dynamics.figures import phase_portrait

    u, v = sp.symbols("u v")
    flow = sd.gradient_flow((u * v - 1) ** 2 / 2 + (u**2 + v**2) / 8, (u, v))
    found = sd.equilibria(flow, seed=0)
    portrait = phase_portrait(flow, tuple(found), window=((-2, 2), (-2, 2)))
    return sd.Report.of(
        "What is conserved, and where it comes to rest",
        "A deep linear network", answer,
        "Two weights with weight decay", found, portrait,
    )  # fmt: skip


def _write(folder: Path, answer: Any) -> list[Path]:
    from symdyn.report.render import render

    try:
        folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, form in (("laws.tex", "latex-document"), ("laws.html", "html"), ("laws.json", "json")):
            write_atomically(folder / name, render(answer, form))
            files.append(folder / name)
        write_atomically(folder / "report.html", _report(answer).html())
        files.insert(0, folder / "report.html")
    except OSError as failure:
        raise click.UsageError(f"{folder} cannot be written ({failure.strerror}): choose another --folder") from None
    return files
