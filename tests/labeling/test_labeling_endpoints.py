"""The table of who may use what, without a server; test_e2e_roles.py holds it against the real one."""

import pytest

from labeling.server.endpoints import path_of, read

HEAD = "method,path,anyone,annotator,adjudicator,owner,limit,answer,why\n"


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("^api/projects/<int:pk>/", "/api/projects/<pk>/"),
        ("^^api/^users/(?P<pk>[^/.]+)/$", "/api/users/<pk>/"),
        ("^^api/^users\\.(?P<format>[a-z0-9]+)/?$", "/api/users.<format>/"),
        ("^static/(?P<path>.*)$", "/static/<path>"),
        ("^^logout/?$", "/logout/"),
        ("^$", "/"),
    ],
)
def test_routes_are_written_as_paths(route, path):
    assert path_of(route) == path


def test_everybody_but_owners_has_limits():
    table = read()
    assert len(table) > 240
    open_to = [e for e in table.values() if "annotator" in e.open_to]
    assert len(open_to) < 60
    for endpoint in open_to:
        # What is open and names a thing says whose; what answers with data of people says which of it.
        assert "<" not in endpoint.path or endpoint.limit or "anyone" in endpoint.open_to or "page" in endpoint.path
        assert (endpoint.open_to >= {"annotator", "adjudicator", "owner"}) or not endpoint.open_to
    assert {e.path for e in table.values() if not e.open_to} == {"/heidi-tips/", "/__lsa/"}


@pytest.mark.parametrize(
    "line",
    [
        "GET,/a,no,perhaps,no,yes,,,why\n",
        "GET,/a,no,no,no,yes,,,\n",
        "GET,/a,no,no,no,yes,,,why\nGET,/a,no,yes,yes,yes,,,why\n",
    ],
)
def test_a_table_that_says_two_things_or_none_is_not_used(tmp_path, line):
    path = tmp_path / "endpoints.csv"
    path.write_text(HEAD + line)
    with pytest.raises(ValueError, match="expected once, each role yes or no, and why"):
        read(path)
