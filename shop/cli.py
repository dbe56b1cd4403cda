"""Commands of the shop."""

import json

import click

from shop import payments, reconciler


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def reconcile(*, as_json: bool) -> None:
    """Compare 30 days of Stripe with what is here, and repair that; exit 1 where they differ."""
    try:
        found = reconciler.reconcile(by="command line")
    except payments.Unavailable as error:
        raise click.ClickException(f"Stripe cannot be reached: {error}") from error
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo("\n".join(f"{name.replace('_', ' ')}: {count}" for name, count in found.items()))
    if found["unmatched"]:
        raise SystemExit(1)
