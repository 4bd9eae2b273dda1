"""Copies planted in a corpus: what a desk, a rewriting machine or a lazy site makes of an article. Seeded."""

import re
from collections.abc import Callable

import numpy as np

Article = list[tuple[int, str]]

# Written for this benchmark; what a rewriting machine swaps. The names of states are among it.
_SYNONYMS = {
    "said": "stated", "says": "states", "told": "informed", "according to": "as reported by", "announced": "declared",
    "denied": "rejected", "accused": "blamed", "called": "described", "asked": "requested", "refused": "declined",
    "closed": "shut", "opened": "started", "began": "started", "ended": "finished", "sent": "dispatched",
    "ordered": "instructed", "promised": "pledged", "warned": "cautioned", "showed": "demonstrated",
    "found": "discovered", "agreed": "consented", "needed": "required", "wanted": "wished", "left": "departed",
    "arrived": "came", "officials": "functionaries", "official": "functionary", "spokesman": "spokesperson",
    "spokeswoman": "spokesperson",
    "soldiers": "troops", "ships": "vessels", "ship": "vessel", "aircraft": "planes", "talks": "negotiations",
    "meeting": "gathering", "treaty": "accord", "answer": "reply", "statement": "announcement", "report": "account",
    "country": "nation", "countries": "nations", "city": "town", "people": "persons", "money": "funds", "help": "aid",
    "move": "step", "week": "seven days", "large": "big", "small": "little", "new": "fresh", "whole": "entire",
    "strange": "odd", "quick": "fast", "near": "close to", "during": "in the course of", "after": "following",
    "before": "prior to", "about": "some", "because": "since", "while": "whereas", "only": "merely", "also": "as well",
    "without": "lacking", "against": "opposed to", "Russia": "the Russian Federation", "Russian": "Russia’s",
    "American": "US", "the United States": "the USA", "Washington": "the US capital", "Moscow": "the Russian capital",
    "NATO": "the North Atlantic Treaty Organisation", "the United Nations": "the UN", "Defence Ministry":
    "Ministry of Defence", "Foreign Ministry": "Ministry of Foreign Affairs",
}  # fmt: skip
_SYNONYMS |= {
    "сказал": "отметил", "говорит": "утверждает", "говорят": "утверждают", "заявил": "сообщил", "сообщила": "заявила",
    "объявила": "назвала", "назвал": "счёл", "ответили": "возразили", "просили": "требовали", "просит": "призывает",
    "потребовал": "попросил", "предложил": "посоветовал", "предложила": "посоветовала", "утверждает": "уверяет",
    "настаивает": "утверждает", "считают": "полагают", "опасаются": "боятся", "подчеркнули": "отметили",
    "задержан": "остановлен", "закрыли": "перекрыли", "отключил": "обесточил", "остановили": "заглушили", "нашёл":
    "обнаружил", "нашли": "обнаружили", "прислала": "направила", "направил": "послал", "получило": "приняло",
    "приговорил": "осудил", "потеряла": "лишилась", "перенесли": "отложили", "обещают": "сулят", "пообещал": "обязался",
    "посёлок": "деревня", "плотину": "дамбу", "судно": "корабль", "судна": "корабля", "экипаж": "команда", "Экипаж":
    "Команда", "моряков": "матросов", "деньги": "средства", "ремонт": "починку", "дорога": "путь",
    "жители": "обитатели", "Жители": "Обитатели", "документами": "бумагами", "бумаги": "документы", "отчёт": "доклад",
    "специалисты": "эксперты", "Специалисты": "Эксперты", "экспертов": "специалистов", "около": "примерно",
    "хотя": "пусть и", "потому что": "поскольку", "после": "вслед за", "если": "коль скоро", "теперь": "сейчас",
    "Теперь": "Сейчас",
    "только": "лишь", "каждое": "любое", "ежедневно": "каждый день", "Москва": "Кремль", "Анкара": "Турция",
    "Еврокомиссия": "Брюссель", "министерстве финансов": "Минфине", "Россельхознадзор": "Аграрный надзор",
}  # fmt: skip
_SWAP = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, _SYNONYMS), key=len, reverse=True)) + r")\b")
# A word of its own that is no name: what a thesaurus may swap.
_WORD = re.compile(r"\b[a-zа-яё]{4,}\b")
_CYRILLIC = re.compile("[а-яё]")
_SPEAKER = re.compile(r"^(?P<said>.{20,}),” (?P<who>[^“”]{5,90}?)(?P<verb> said| told [^“”]{3,40})?\.$")


def light(article: Article, rng: np.random.Generator) -> Article:
    """An editor's hand: a word less in a sentence, another one doubled by its like, quotation marks, a sentence cut."""
    kept = [pair for pair in article if rng.random() > 0.1] or article
    return [(at, _edited(text, rng)) for at, text in kept]


def synonyms(article: Article, rng: np.random.Generator) -> Article:
    """Every word that the table knows is swapped."""
    return [(at, _SWAP.sub(lambda match: _SYNONYMS[match[0]], text)) for at, text in article]


def reordered(article: Article, rng: np.random.Generator) -> Article:
    """The clauses of each sentence change places, and the sentences too."""
    turned = [(at, _turned(text)) for at, text in article]
    return [turned[place] for place in rng.permutation(len(turned))]


def truncated(article: Article, rng: np.random.Generator) -> Article:
    """The first third, three sentences at least: what a site shows before its wall."""
    return article[: max(3, len(article) // 3)]


def thesaurus(share: float) -> Callable[[Article, np.random.Generator], Article]:
    """A thesaurus of which the finder knows nothing: it swaps ``share`` of the words that are no names or numbers.

    The like of a word is the word read backwards, which has nothing in common with it; always the same in an article.
    Sentences are moved as well.
    """

    def rewritten(article: Article, rng: np.random.Generator) -> Article:
        words = sorted({word for _, text in article for word in _WORD.findall(text)})
        like = {word: word[::-1] for word in words if rng.random() < share}
        swapped = [(at, _WORD.sub(lambda match: like.get(match[0], match[0]), text)) for at, text in article]
        return [swapped[place] for place in rng.permutation(len(swapped))]

    return rewritten


def spun(article: Article, rng: np.random.Generator) -> Article:
    """All of it: a fifth of the sentences cut, words swapped, clauses and sentences moved, a word less in each."""
    kept = [pair for pair in article if rng.random() > 0.2] or article
    return [(at, _edited(text, rng)) for at, text in reordered(synonyms(kept, rng), rng)]


KINDS: dict[str, Callable[[Article, np.random.Generator], Article]] = {
    "light": light, "synonyms": synonyms, "reordered": reordered, "truncated": truncated, "spun": spun,
    "thesaurus30": thesaurus(0.3), "thesaurus50": thesaurus(0.5), "thesaurus70": thesaurus(0.7),
}  # fmt: skip


def _edited(text: str, rng: np.random.Generator) -> str:
    words = text.replace("“", '"').replace("”", '"').split()
    if len(words) > 5:
        del words[int(rng.integers(1, len(words) - 1))]
    if rng.random() < 0.3:
        words.insert(0, "Тем временем" if _CYRILLIC.search(text) else "Meanwhile,")
    return " ".join(words)


def _turned(text: str) -> str:
    quoted = _SPEAKER.match(text)
    if quoted:
        return f"{quoted['who']}{quoted['verb'] or ''}: {quoted['said']}.”"
    first, comma, rest = text.rstrip(".").partition(", ")
    if not comma or len(first.split()) < 3 or len(rest.split()) < 3 or "“" in text or '"' in text:
        return text
    return f"{rest[0].upper()}{rest[1:]}, {first}."
