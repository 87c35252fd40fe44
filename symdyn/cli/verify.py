"""symdyn verify: re-check stored certificates, many in one call."""

from __future__ import annotations

import json
from pathlib import Path

import click

from symdyn.certificate.recheck.clock import DEFAULT_LIMIT
from symdyn.certificate.refutation import Recheck
from symdyn.certificate.verify import verify_text
from symdyn.cli.options.output import FORMATS, PositiveSeconds, deliver, standalone_option, written_form

#: A larger file is refused by its size, before it is read.
MAX_FILE_BYTES = 64_000_000


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, metavar="FILES_OR_FOLDERS...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "output", type=click.Path(dir_okay=False), metavar="FILE", help="Write here, not to stdout.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, help="Accepted for uniformity; re-checking draws nothing."
)
@click.option(
    "--time-limit",
    type=PositiveSeconds(),
    metavar="SECONDS",
    help="For all files together; what is not finished by then is undecided. Without it a file has 60 seconds.",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@standalone_option
def command(
    paths: tuple[str, ...],
    form: str,
    output: str | None,
    seed: int,
    time_limit: float | None,
    quiet: bool,
    standalone: bool,
) -> int:
    """Re-check certificates in JSON files, or in all .json files below folders.

    The checker repeats ranks, identities and minors with plain integers, and compares all that an answer says with what
    it proved again; the rest is listed as not checked. It shares no code with the engines.
    """
    import time

    form = written_form(form, standalone)
    started = time.monotonic()
    rows: list[tuple[str, str, Recheck]] = []
    for path in _files(paths):
        left = DEFAULT_LIMIT if time_limit is None else time_limit - (time.monotonic() - started)
        if left <= 0:
            rows.append((str(path), "-", Recheck("undecided", "the time limit was reached before this file")))
            continue
        rows += [(str(path), name, result) for name, result in _checked(path, left)]
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


def _checked(path: Path, time_limit: float) -> list[tuple[str, Recheck]]:
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            reason = f"the file has {size / 1e6:,.0f} MB, more than the {MAX_FILE_BYTES / 1e6:,.0f} MB that are read"
            return [("-", Recheck("refuted", reason, "file"))]
        return verify_text(path.read_text(encoding="utf-8"), time_limit=time_limit)
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
            {
                "file": file,
                "id": name,
                "verdict": result.verdict,
                "reason": result.reason,
                "not_checked": list(result.unchecked),
            }
            for file, name, result in rows
        ]
        return json.dumps({"schema": "symdyn/verify/1", "results": results}, indent=1) + "\n"
    if form == "text":
        return _text(rows)
    from symdyn.report.blocks import Block, Table, Text
    from symdyn.report.render import render_blocks

    cells = tuple((file, name, result.verdict.upper(), result.reason) for file, name, result in rows)
    blocks: list[Block] = [Table(("file", "certificate", "verdict", "reason"), cells)]
    blocks += [Text((f"Not checked in {file}: {', '.join(lines)}.",)) for file, lines in _unchecked(rows).items()]
    return render_blocks(tuple(blocks), form)


def _text(rows: list[tuple[str, str, Recheck]]) -> str:
    lines = [f"  {file}  {name}  {result.verdict.upper()}\n      {result.reason}" for file, name, result in rows]
    for file, left in _unchecked(rows).items():
        lines.append(f"  {file}  not checked: {', '.join(left)}")
    refuted = sum(result.verdict == "refuted" for *_, result in rows)
    certificates = "certificate" if len(rows) == 1 else "certificates"
    none = f"  {len(rows)} {certificates}, none refuted"
    lines.append(f"  {refuted} of {len(rows)} {certificates} refuted" if refuted else none)
    return "\n".join(lines) + "\n"


def _unchecked(rows: list[tuple[str, str, Recheck]]) -> dict[str, list[str]]:
    """What the documents say that was compared with nothing, by file."""
    found: dict[str, list[str]] = {}
    for file, _, result in rows:
        if result.unchecked:
            found.setdefault(file, []).extend(line for line in result.unchecked if line not in found.get(file, ()))
    return found
