"""``stance label annotators``: accounts of the people who label, and their roles."""

import click

from corpus.console import Console, command, counted
from labeling.cli.groups import annotators, checked_labels_option

ROLES = ("owner", "adjudicator", "annotator")


@command(annotators, "add", "stance label annotators add ann@example.com --role adjudicator")
@click.argument("email")
@click.option("--invite", is_flag=True, help="Print an invitation link instead of making the account.")
@click.option("--role", type=click.Choice(ROLES), help="What the account may do [default: annotator].")
@checked_labels_option
def add_command(console: Console, email: str, invite: bool, role: str | None) -> None:
    """Make an account for EMAIL with a generated password, which is shown this once.

    An account that exists keeps its password; it gets the role if one is named, and is opened again if it was closed.
    Whoever comes by invitation is an annotator: name another role when the account is there.
    """
    from corpus.errors import UsageError
    from labeling.people.accounts import add, address_of
    from labeling.studio.client import connect

    server = connect(console.workspace)
    if invite:
        if role not in (None, "annotator"):
            raise UsageError(f"whoever comes by invitation is an annotator: add --role {role} after {email} has joined")
        email = address_of(email)
        if email in server.users().values():
            raise UsageError(
                f"{email} has an account already: `stance label annotators add {email}` opens a closed one"
            )
        link = f"{server.url}{server.invitation()}"
        console.result({"email": email, "invitation": link, "created": False}, [f"send this link to {email}: {link}"])
        return
    made = add(server, email, role=role)  # type: ignore[arg-type]
    known = f" ({made.role})" if made.role else ""
    console.result(
        {"email": made.email, "role": made.role, "password": made.password, "created": made.created},
        [f"{made.email}{known}: " + (f"password {made.password}" if made.created else "has an account already")],
    )


@command(annotators, "remove", "stance label annotators remove ann@example.com")
@click.argument("email")
@checked_labels_option
def remove_command(console: Console, email: str) -> None:
    """Close the account of EMAIL: no signing in any more. What it labelled stays; `add` opens it again."""
    from labeling.people.accounts import remove
    from labeling.studio.client import connect

    person = remove(connect(console.workspace), email)
    console.result(
        {"email": person.email, "active": person.active, "done": person.done},
        [f"{person.email} is closed; {person.done} annotations stay"],
    )


@command(annotators, "list", "stance label annotators list")
@checked_labels_option
def list_command(console: Console) -> None:
    """The accounts on the server: role, projects, and how many answers and skips each has given."""
    from labeling.people.addresses import is_simulated
    from labeling.studio.client import connect

    server = connect(console.workspace)
    if not server.enforces_roles:
        found = [{"email": e, "simulated": is_simulated(e)} for e in sorted(server.users().values())]
        lines = [str(row["email"]) for row in found]
        console.result({"annotators": found}, [*lines, "this server enforces no roles: each has full rights"])
        return
    people = [
        {"email": p.email, "role": p.role, "active": p.active, "projects": list(p.projects), "done": p.done}
        | {"simulated": is_simulated(p.email)}
        for p in server.people()
    ]
    console.result(
        {"annotators": people},
        [
            f"{p['email']:<36} {p['role']:<12} {p['done']:>7} done in {counted(len(p['projects']), 'project')}"  # type: ignore[arg-type]
            + ("" if p["active"] else "  closed")
            + ("  simulated" if p["simulated"] else "")
            for p in people
        ],
    )
