"""Commands of the newsletter: `newsletter …` and `subscribers …`."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import frontmatter
from flask.cli import AppGroup

from core.findings import Weight
from newsletter import (
    dispatch,
    exports,
    import_rollbacks,
    imports,
    newsletters,
    preflight,
    progress,
)
from newsletter.admissions import Fate
from newsletter.dispatch import NotReady, TooLate
from newsletter.import_rollbacks import AlreadyUndone
from newsletter.models import Yardstick
from newsletter.newsletters import WrongState
from newsletter.trials import Plan

newsletter = AppGroup("newsletter", help="Draft, send, pause, resume, cancel, watch issues.")
subscribers = AppGroup("subscribers", help="Bring people in, take the list out.")


class _Refusing(click.Command):
    """Says what was wrong in one line, with exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (
            AlreadyUndone,
            LookupError,
            NotReady,
            TooLate,
            ValueError,
            WrongState,
        ) as error:
            raise click.ClickException(str(error)) from error


@newsletter.command(cls=_Refusing)
@click.option("--subject", required=True)
@click.option("--preheader", default="", help="What inboxes show after the subject.")
@click.option("--body", "file", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--segment", help="Only people in the segment of this name.")
@click.option("--or-subject", "others", multiple=True, help="Another to try; may be repeated.")
def draft(
    subject: str, preheader: str, file: Path, segment: str | None, others: tuple[str, ...]
) -> None:
    """Begin an issue from a Markdown file; prints its id."""
    letter = frontmatter.loads(file.read_text(encoding="utf-8"))
    preheader = preheader or str(letter.metadata.get("preheader", ""))
    click.echo(
        newsletters.draft(
            subject,
            letter.content,
            preheader=preheader,
            segment=segment,
            others=[(other, preheader) for other in others],
        )
    )


@newsletter.command(cls=_Refusing)
@click.argument("issue_id", metavar="ID", type=int)
@click.option("--at", help="A moment, ISO 8601; UTC unless it names its offset.")
@click.option("--at-local", "local", help="A moment without a zone, by each reader's own clock.")
@click.option("--hold-out", "held_out", default=0, help="Percent to leave out, by lot.")
@click.option("--try", "share", type=int, help="Percent of readers to try each subject on.")
@click.option(
    "--by",
    type=click.Choice([each.value for each in Yardstick]),
    default="clicks",
    help="What decides.",
)
@click.option("--hours", default=4, help="How long the trial lasts.")
@click.option("--mistakes", default=5, help="Percent of trials that may err.")
@click.option("--until-decided", is_flag=True, help="Look four times instead of once.")
def send(
    issue_id: int,
    *,
    at: str | None,
    local: str | None,
    held_out: int,
    share: int | None,
    by: str,
    hours: int,
    mistakes: int,
    until_decided: bool,
) -> None:
    """Send an issue now, or later."""
    trial = share and Plan(
        share=share,
        yardstick=Yardstick(by),
        hours=hours,
        error=mistakes,
        until_decided=until_decided,
    )
    outside = preflight.examine_outside(newsletters.find(issue_id))
    if any(finding.weight is Weight.BLOCKS for finding in outside):
        raise NotReady(outside)
    dispatch.send(
        issue_id,
        at=_moment(at),
        local=datetime.fromisoformat(local).replace(tzinfo=None) if local else None,
        held_out=held_out,
        trial=trial or None,
    )
    _report(issue_id)


@newsletter.command(cls=_Refusing)
@click.argument("issue_id", metavar="ID", type=int)
def pause(issue_id: int) -> None:
    """Stop an issue where it stands."""
    dispatch.pause(issue_id)
    _report(issue_id)


@newsletter.command(cls=_Refusing)
@click.argument("issue_id", metavar="ID", type=int)
def resume(issue_id: int) -> None:
    """Let a paused issue go on."""
    dispatch.resume(issue_id)
    _report(issue_id)


@newsletter.command(cls=_Refusing)
@click.argument("issue_id", metavar="ID", type=int)
def cancel(issue_id: int) -> None:
    """Send no more of an issue."""
    dispatch.cancel(issue_id)
    _report(issue_id)


@newsletter.command(cls=_Refusing)
@click.argument("issue_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def status(issue_id: int, *, as_json: bool) -> None:
    """Say what became of an issue's audience."""
    if as_json:
        click.echo(json.dumps(progress.status(issue_id).as_dict()))
    else:
        _report(issue_id)


@subscribers.command("import", cls=_Refusing)
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--start", metavar="SEQUENCE", help="Begin this sequence with whoever is confirmed.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def import_people(file: Any, start: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Import people from a CSV file; see docs/sending.md for its columns."""
    outcome = imports.read(file, origin=Path(file.name).name, start=start, dry_run=dry_run)
    if as_json:
        click.echo(json.dumps(asdict(outcome)))
        return
    click.echo(", ".join(f"{outcome.of(fate)} {fate.value}" for fate in Fate))
    for change in outcome.changes if dry_run else ():
        click.echo("; ".join((f"{change.email}: {change.fate.value}", *change.alters)))
    for error in outcome.errors:
        click.echo(error, err=True)
    if outcome.run is not None:
        click.echo(f"import {outcome.run}; take it back with: subscribers undo {outcome.run}")


@subscribers.command("undo", cls=_Refusing)
@click.argument("number", metavar="IMPORT", type=int)
def undo_import(number: int) -> None:
    """Take back an import, but for people who have done something since; names those."""
    ended = import_rollbacks.undo(number)
    click.echo(", ".join(f"{people} {end}" for end, people in ended.items()))
    for person, why in import_rollbacks.left(number):
        click.echo(f"{person.email}: {why}")


@subscribers.command("export", cls=_Refusing)
@click.option("--segment", help="Only people in the segment of this name.")
def export_people(segment: str | None) -> None:
    """Write everybody on the list to standard output, as the CSV that `import` reads."""
    exports.write(sys.stdout, segment=segment)


def _report(issue_id: int) -> None:
    now = progress.status(issue_id)
    click.echo(f"newsletter {now.id}, {now.state}: {now.subject}")
    click.echo(
        f"audience {now.audience} = accepted {now.accepted} + excluded {_sum(now.excluded)}"
        f" + failed {_sum(now.failed)} + unknown {now.unknown} + pending {now.pending}"
    )


def _sum(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    listed = ", ".join(f"{reason}: {count}" for reason, count in sorted(counts.items()))
    return f"{total} ({listed})" if listed else str(total)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
