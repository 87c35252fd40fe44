"""symdyn verify: re-check stored certificates, many in one call."""

from __future__ import annotations

import json
from pathlib import Path

import click

from symdyn.certificate.refutation import Recheck
from symdyn.certificate.verify import verify_text
from symdyn.cli.output import FORMATS, PositiveSeconds, deliver

MAX_FILE_BYTES = 2_000_000_000


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, metavar="FILES_OR_FOLDERS...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "output", type=click.Path(dir_okay=False), metavar="FILE", help="Write here, not to stdout.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, help="Accepted for uniformity; re-checking draws nothing."
)
@click.option(
    "--time-limit", type=PositiveSeconds(), metavar="SECONDS", help="Leave the files not reached by then unchecked."
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
def command(
    paths: tuple[str, ...], form: str, output: str | None, seed: int, time_limit: float | None, quiet: bool
) -> int:
    """Re-check certificates in JSON files, or in all .json files below folders.

    The checker repeats ranks, identities and minors with plain integers. It shares no code with the engines.
    """
    import time

    started = time.monotonic()
    rows: list[tuple[str, str, Recheck]] = []
    for path in _files(paths):
        if time_limit is not None and time.monotonic() - started > time_limit:
            rows.append((str(path), "-", Recheck("undecided", "the time limit was reached before this file")))
            continue
        rows += [(str(path), name, result) for name, result in _checked(path)]
    deliver(_rendered(rows, form), output)
    return 1 if any(result.verdict == "refuted" for *_, result in rows) else 0


def _files(paths: tuple[str, ...]) -> list[Path]:
    """Files, and the .json files of folders, sorted."""
    found = []
    for text in paths:
        path = Path(text)
        if path.is_dir():
            inside = sorted(path.rglob("*.json"))
            if not inside:
                raise click.UsageError(
                    f"the folder {text} has no .json files: give certificates written with --format json"
                )
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise click.UsageError(f"there is no file {text}: give certificates written with --format json")
    return found


def _checked(path: Path) -> list[tuple[str, Recheck]]:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return [("-", Recheck("refuted", "the file is too large to be a certificate", "file"))]
        return verify_text(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as failure:
        reason = (
            str(failure) if not isinstance(failure, (UnicodeDecodeError, json.JSONDecodeError)) else "is no JSON text"
        )
        return [("-", Recheck("refuted", f"the file {reason[:200]}", "file"))]
    except OSError as failure:
        return [("-", Recheck("refuted", f"the file cannot be read ({failure.strerror})", "file"))]


def _rendered(rows: list[tuple[str, str, Recheck]], form: str) -> str:
    if form == "json":
        results = [
            {"file": file, "id": name, "verdict": result.verdict, "reason": result.reason}
            for file, name, result in rows
        ]
        return json.dumps({"schema": "symdyn/verify/1", "results": results}, indent=1) + "\n"
    if form == "text":
        lines = [f"  {file}  {name}  {result.verdict.upper()}\n      {result.reason}" for file, name, result in rows]
        refuted = sum(result.verdict == "refuted" for *_, result in rows)
        certificates = "certificate" if len(rows) == 1 else "certificates"
        lines.append(
            f"  {refuted} of {len(rows)} {certificates} refuted"
            if refuted
            else f"  {len(rows)} {certificates}, none refuted"
        )
        return "\n".join(lines) + "\n"
    from symdyn.report.blocks import Table
    from symdyn.report.render import render_blocks

    cells = tuple((file, name, result.verdict.upper(), result.reason) for file, name, result in rows)
    return render_blocks((Table(("file", "certificate", "verdict", "reason"), cells),), form)
