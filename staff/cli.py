"""Commands for the back office."""

import sys

import click
from flask.cli import AppGroup

from staff import members
from staff.models import Role

commands = AppGroup("staff", help="Who may sign in to the back office.")


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
