"""`spotkeeper token`: the owner makes, lists and revokes the tokens of all users."""

from datetime import timedelta
from pathlib import Path

import click

from spotkeeper import owner, tokens
from spotkeeper.errors import OperatorError


@click.group()
def token() -> None:
    """Tokens with which programs use the API. Users make their own on the page Settings."""


@token.command()
@click.argument("user")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(list(tokens.SCOPES)),
    multiple=True,
    default=list(tokens.SCOPES),
    help="What it may: "
    + "; ".join(f"{scope}, {words}" for scope, words in tokens.SCOPES.items())
    + ". May be given several times; all without it.",
)
@click.option("--days", type=click.IntRange(1, 36_500), help="So long it is good; for ever without it.")
@click.pass_obj
def make(path: Path, user: str, name: str, scopes: tuple[str, ...], days: int | None) -> None:
    """Make a token called NAME, with which a program reads as USER, and print it, this once."""
    from spotkeeper.db import audit
    from spotkeeper.db import tokens as table

    try:
        name = tokens.check_name(name)
    except ValueError as error:
        raise OperatorError(str(error).rstrip(".")) from None
    made = tokens.make()
    lifetime = timedelta(days=days) if days else None
    with owner.database(path) as connection:
        outcome = table.make(
            connection, user, tokens.digest(made), name, set(scopes), lifetime=lifetime, most=tokens.MOST
        )
        if outcome == "made":
            audit.add(connection, "token made", subject=user, detail=name)
    refusals = {
        "no such user": f"there is no user {user}",
        "name taken": f"{user} has a token {name} already",
        "too many": f"{user} has {tokens.MOST} tokens, which is all one may have: revoke one first",
    }
    if outcome in refusals:
        raise OperatorError(refusals[outcome])
    click.echo(f"{name} may {' and '.join(tokens.SCOPES[scope] for scope in sorted(set(scopes)))}", err=True)
    click.echo(made)


@token.command("list")
@click.argument("user", required=False)
@click.pass_obj
def list_tokens(path: Path, user: str | None) -> None:
    """Show the tokens of USER, or of all: user, name, scopes, last use, and until when it is good."""
    from spotkeeper.db import tokens as table

    with owner.database(path) as connection:
        for one in table.list_tokens(connection, user):
            used = f"used {one.last_used:%Y-%m-%d}" if one.last_used else "never used"
            ends = f"{'over since' if one.is_over else 'until'} {one.expires:%Y-%m-%d}" if one.expires else ""
            line = f"{one.user_name:16}  {one.name:24}  {','.join(one.scopes):11}  {used:15}  {ends}"
            click.echo(line.rstrip())


@token.command()
@click.argument("user")
@click.argument("name", required=False)
@click.option("--all", "every", is_flag=True, help="All tokens of the user.")
@click.pass_obj
def revoke(path: Path, user: str, name: str | None, every: bool) -> None:
    """End the token NAME of USER at once, for whoever has it."""
    from spotkeeper.db import audit
    from spotkeeper.db import tokens as table

    if every == (name is not None):
        raise click.UsageError("Give either the token's NAME or --all.")
    with owner.database(path) as connection:
        number = table.revoke(connection, user, name)
        if number:
            audit.add(connection, "token revoked", subject=user, detail=name or f"all {number}")
    if not number:
        raise OperatorError(f"{user} has no token {name}" if name else f"{user} has no tokens")
    click.echo(f"{name} of {user} is revoked" if name else f"all tokens of {user} are revoked", err=True)
