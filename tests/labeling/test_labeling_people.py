"""Roles and membership through the client, on the fake wire."""

import pytest

from corpus.errors import ServerError


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
