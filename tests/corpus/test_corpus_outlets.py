import pytest

from corpus.console import ROOT
from corpus.errors import ConfigError
from corpus.sources.outlets import Outlet, domain, load, resolve
from corpus.text.language import language

KNOWN = {
    "bbc.co.uk": Outlet("BBC News", "GB", "public", "broadcaster"),
    "sport.bbc.co.uk": Outlet("BBC Sport", "GB", "", ""),
}


@pytest.mark.parametrize(
    ("address", "registered"),
    [
        ("https://www.bbc.co.uk/news/1", "bbc.co.uk"),
        ("en.news-front.info", "news-front.info"),
        ("http://новости.рф/a", "новости.рф"),
        ("Sever News Agency", None),
        ("localhost", None),
        ("http://[broken", None),
        ("", None),
    ],
)
def test_the_registered_domain_of_an_address(address, registered):
    assert domain(address) == registered


@pytest.mark.parametrize(
    ("given", "url", "name", "country"),
    [
        (None, "https://www.bbc.co.uk/news/1", "BBC News", "GB"),
        (None, "https://sport.bbc.co.uk/1", "BBC Sport", "GB"),
        (None, "https://a.example.com/1", "example.com", None),
        (None, None, None, None),
        ("bbc.co.uk", None, "bbc.co.uk", "GB"),
        ("bbc news", None, "bbc news", "GB"),
        ("Post", "https://www.bbc.co.uk/news/1", "Post", None),
    ],
)
def test_a_name_that_is_given_stays_and_facts_are_those_of_the_outlet(given, url, name, country):
    found, facts = resolve(given, url, KNOWN)
    assert found == name
    assert facts.get("outlet_country") == country
    assert "" not in facts.values()


def test_the_table_of_outlets_loads_and_names_registered_domains():
    outlets = load(ROOT / "configs" / "outlets.csv")
    assert outlets["rt.com"] == Outlet("RT", "RU", "state", "broadcaster")
    assert all(domain(name) and name == name.lower() for name in outlets)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("domain,name\n", "expected the columns domain, outlet"),
        ("domain,outlet,country,ownership,type\na.com,A,,,\na.com,B,,,\n", "line 3: 'a.com' is there twice"),
        ("domain,outlet,country,ownership,type\na.com,A\n", "incomplete"),
    ],
)
def test_a_table_of_outlets_that_cannot_be_is_named(tmp_path, content, message):
    (tmp_path / "outlets.csv").write_text(content)
    with pytest.raises(ConfigError, match=message):
        load(tmp_path / "outlets.csv")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The minister said on Friday that talks would go on.", "en"),
        ("Президент России заявил, что переговоры продолжатся.", "ru"),
        ("Президент України заявив, що переговори триватимуть.", "uk"),
        ("2031-01-01", None),
        ("Нет.", None),
    ],
)
def test_the_language_of_a_text_is_told_where_it_is_sure(text, told):
    assert language(text, ("en", "ru", "uk", "de")) == told
