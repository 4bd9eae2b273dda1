"""Roles and membership through the client, on the fake wire."""

from dataclasses import replace

import pytest

from corpus.errors import ServerError
from labeling.doctor import _roles


@pytest.fixture
def project(server):
    return server.create_project("batch", "<View/>", instruction="", overlap=1)


def test_members_are_set_whole_and_read_back(server, project):
    assert server.members(project) == []
    server.set_members(project, ["Bob@example.com", "ann@example.com", "ann@example.com"])
    assert server.members(project) == ["ann@example.com", "bob@example.com"]
    server.set_members(project, ["bob@example.com"])
    assert server.members(project) == ["bob@example.com"]
    assert {p.email: list(p.projects) for p in server.people()} == {
        "owner@example.com": [], "ann@example.com": [], "bob@example.com": [project],
    }  # fmt: skip


def test_a_member_without_an_account_is_named(server, project):
    with pytest.raises(ServerError, match=r"400.*stranger@example\.com"):
        server.set_members(project, ["ann@example.com", "stranger@example.com"])
    assert server.members(project) == []


def test_roles_and_closed_accounts(server, fake, project):
    fake.annotate(fake.add_task(project, {"sentence_id": "a", "text": "A."}), 2, stance="a")
    server.set_person("ann@example.com", role="adjudicator")
    server.set_person("bob@example.com", active=False)
    people = {p.email: (p.role, p.active, p.done) for p in server.people()}
    assert people == {
        "owner@example.com": ("owner", True, 0),
        "ann@example.com": ("adjudicator", True, 1),
        "bob@example.com": ("annotator", False, 0),
    }


def test_a_server_without_our_settings_enforces_nothing(server, fake, project):
    fake.roles = None
    assert server.enforces_roles is False
    with pytest.raises(ServerError, match="404"):
        server.set_members(project, ["ann@example.com"])


def test_a_server_with_our_settings_says_so(server):
    assert server.enforces_roles is True


def test_accounts_get_a_role_are_closed_and_opened_again(stance_command, fake):
    added = stance_command("label", "annotators", "add", "ann@example.com", "--role", "adjudicator", "--json").record
    assert added == {"email": "ann@example.com", "role": "adjudicator", "password": None, "created": False}
    assert stance_command("label", "annotators", "remove", "Ann@example.com", "--json").record["active"] is False
    listed = stance_command("label", "annotators", "list", "--json").record["annotators"]
    assert {a["email"]: (a["role"], a["active"]) for a in listed}["ann@example.com"] == ("adjudicator", False)
    fake.members[7] = {3}
    shown = {line.split()[0]: line for line in stance_command("label", "annotators", "list").out.splitlines()}
    assert shown["bob@example.com"].endswith(" done in 1 project")
    assert "done in 0 projects" in shown["ann@example.com"]
    again = stance_command("label", "annotators", "add", "ann@example.com", "--json").record
    assert again["role"] == "adjudicator"
    assert fake.inactive == set()


def test_what_cannot_be_done_to_an_account_is_said(stance_command, fake):
    unknown = stance_command("label", "annotators", "remove", "eve@example.com")
    assert (unknown.code, "bob@example.com" in unknown.err) == (1, True)
    invited = stance_command("label", "annotators", "add", "eve@example.com", "--invite", "--role", "owner")
    assert (invited.code, "after eve@example.com has joined" in invited.err) == (2, True)
    for address, told in (("nonsense", "is no e-mail address"), ("Bob@example.com", "has an account already")):
        invited = stance_command("label", "annotators", "add", address, "--invite")
        assert (invited.code, told in invited.err, "token" in invited.out) == (2, True, False)
    fake.roles = None
    for command in (("remove", "ann@example.com"), ("add", "ann@example.com", "--role", "owner")):
        assert stance_command("label", "annotators", *command).code == 2
    assert "no roles" in stance_command("label", "annotators", "list").out


def test_doctor_says_whether_roles_are_enforced(server, fake):
    assert _roles(server).detail == "enforced: annotators see their own work only (1 owner)"
    fake.roles = None
    elsewhere = _roles(replace(server))
    assert not elsewhere.ok
    assert "not enforced: 2 accounts beside the token's own" in elsewhere.detail
    del fake.users[3]
    alone = _roles(replace(server))
    assert (alone.ok, "not enforced: 1 account beside" in alone.detail) == (True, True)
