"""Commands for the back office."""

import sys
from pathlib import Path

import click
from flask.cli import AppGroup

from core.arrivals import Fate, Tally
from staff import members, moving
from staff.models import Role

commands = AppGroup("staff", help="Who may sign in to the back office.")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
imports = AppGroup("import", help="Move in from another shop.")


@commands.command("add")
@click.argument("email")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def add(email: str, role: str, *, password_stdin: bool) -> None:
    """Let EMAIL sign in; without --password-stdin it asks for a password."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        member = members.add(email, Role(role), password)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{member.email} may sign in as {member.role}.")


@imports.command("shopify")
@click.argument(
    "folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--dry-run", is_flag=True, help="Say what would become of it, and change nothing.")
def shopify(folder: Path, *, dry_run: bool) -> None:
    """Read the CSV files that Shopify exported into DIR; see docs/moving.md.

    Exit status 1 where something was refused; the rest is here all the same.
    """
    try:
        tallies = moving.move_in(folder, dry_run=dry_run)
    except (moving.NothingToRead, OSError) as error:
        raise click.ClickException(str(error)) from error
    for tally in tallies:
        click.echo(_told(tally))
        for note in tally.notes:
            click.echo(f"  look at {_printable(note)}")
        for refusal in tally.refusals:
            click.echo(_printable(refusal), err=True)
    if dry_run:
        click.echo("This was a dry run: nothing has changed.")
    if any(tally.refusals for tally in tallies):
        raise SystemExit(1)


def _told(tally: Tally) -> str:
    counts = [f"{tally.fates[fate]} {fate}" for fate in Fate]
    left = [f"{count} left out ({why})" for why, count in sorted(tally.left_out.items())]
    return f"{tally.what}: {', '.join([*counts, f'{len(tally.refusals)} refused', *left])}"


def _printable(text: str) -> str:
    """What others wrote, without what would steer a terminal."""
    return "".join(letter if letter.isprintable() else _REPLACEMENT for letter in text)
