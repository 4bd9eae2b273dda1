"""Labels that change under a batch's own project: refused, or carried over by a written map."""

import pytest
from relabelled import edited

from corpus.errors import LabelsChanged, StanceError
from labeling.ledger.schema import label_sets
from labeling.questions import interface_xml, label_set
from labeling.studio.pull import pull


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"labels": {"a": {}, "b": {}}}, "stance loses c"),
        ({"labels": {"a": {}, "b": {}, "c": {}, "d": {}}}, "stance gains d"),
        ({"labels": {"b": {}, "a": {}, "c": {}}}, "stance has its labels in another order"),
        ({"labels": {"a": {}, "b": {}, "z": {}}}, "stance loses c; stance gains z"),
        ({"enabled": False}, "question stance is gone"),
    ],
)
def test_labels_that_change_under_annotations_are_refused(push_batch, fake, labels, change, told):
    done = push_batch()
    interface = fake.projects[done.project]["label_config"]
    push_batch(labels=edited(labels, "stance", labels={"a": {}, "b": {}}))
    push_batch()
    assert fake.projects[done.project]["label_config"] == interface, "without annotations they may change"
    fake.annotate(next(iter(fake.tasks)), user=2, stance="a", source="x")
    with pytest.raises(LabelsChanged, match=f"project 'first' has 1 annotations .*: {told}. .*--name NEW"):
        push_batch(labels=edited(labels, "stance", **change))
    assert fake.projects[done.project]["label_config"] == interface


def test_changed_labels_end_the_command_with_code_1(stance_command, fake, corpus, tmp_path):
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text("questions: {stance: {labels: {a: {}, b: {}}}}")
    two.write_text("questions: {stance: {labels: {a: {}, z: {}}}}")
    done = stance_command("label", "push", "first", "--labels", one, "--json")
    assert done.code == 0
    assert set(done.record) >= {"project", "created", "existing", "seconds"}
    fake.annotate(next(iter(fake.tasks)), user=2, stance="a")
    refused = stance_command("label", "push", "first", "--labels", two)
    assert refused.code == 1
    assert "stance loses b; stance gains z" in refused.err


def test_new_definitions_update_the_page_and_older_answers_keep_their_version(push_batch, fake, labels, ledger):
    done = push_batch()
    sentence, task = next(iter(fake.of(done.project).items()))
    fake.annotate(task, user=2, stance="a", source="x")
    newer = edited(labels, "stance", definition="Which side, more exactly?")
    assert newer.version != labels.version
    assert push_batch(labels=newer).created == 0
    assert fake.projects[done.project]["label_config"] == interface_xml(newer)
    assert label_set(interface_xml(newer)) == label_set(interface_xml(labels))
    frame = ledger.annotations()
    assert set(frame["labels_version"]) == {labels.version}
    assert set(frame["sentence_id"]) == {sentence}
    assert [p.labels_version for p in ledger.projects()] == [newer.version]
    assert ledger.projects()[0].updated_at is not None, "the watermark stays"


SMALLER = {"labels": {"a": {}, "z": {}}}


@pytest.fixture
def labelled(push_batch, fake):
    """Four sentences with two answers each to both questions, one more with one answer, and one skipped by two."""
    project = push_batch().project
    tasks = list(fake.of(project).values())
    for user in (2, 3):
        for task, label in zip(tasks, "aabc", strict=False):
            fake.annotate(task, user=user, stance=label, source="x")
        fake.annotate(tasks[5], user=user, skipped=True, skip_reason="off topic")
    fake.annotate(tasks[4], user=2, stance="a", source="x")
    return project


def test_a_written_map_carries_answers_to_the_new_label_set(
    push_batch, fake, labels, labelled, ledger, workspace, server
):
    newer = edited(labels, "stance", **SMALLER)
    with pytest.raises(LabelsChanged, match=r"stance loses b, c; stance gains z\..*--migrate FILE"):
        push_batch(labels=newer)
    done = push_batch(labels=newer, migrate={"stance": {"b": "z", "c": None}})
    assert done.project != labelled
    old = fake.of(labelled)
    again = set(fake.of(done.project))
    sentences = list(old)
    assert again == set(sentences) - {*sentences[:3], sentences[5]}, "what is answered, or skipped, is not asked again"
    assert (done.created, done.existing) == (36, 4)
    frame = ledger.annotations()
    stance = frame[(frame["question"] == "stance") & (frame["state"] == "submitted")]
    assert stance["label"].value_counts(dropna=False).to_dict() == {"a": 5, "z": 2, None: 2}
    assert set(frame["labels_version"]) == {labels.version}
    # The map was written once: the next push needs it no more, and adds nothing.
    assert push_batch(labels=newer).created == 0
    fake.annotate(next(iter(fake.of(done.project).values())), user=2, stance="z", source="y")
    assert pull(server, ledger, state=workspace.root).new == 1
    assert push_batch(labels=newer).created == 0
    assert fake.projects[labelled]["label_config"] == interface_xml(labels), "the old project stays what it was"
    # Back to the old set: now what was answered under the newer one needs a map.
    with pytest.raises(LabelsChanged, match="stance loses z; stance gains b, c"):
        push_batch(labels=labels)


def test_a_second_map_goes_on_from_the_first(push_batch, fake, labels, labelled, ledger):
    """Labels change twice: the second map is about the second label set, and what was mapped to that comes along."""
    second = edited(labels, "stance", **SMALLER)
    middle = push_batch(labels=second, migrate={"stance": {"b": "z", "c": None}}).project
    fake.annotate(next(iter(fake.of(middle).values())), user=2, stance="z", source="y")
    third = edited(labels, "stance", labels={"a": {}, "q": {}})
    push_batch(labels=third, migrate={"stance": {"z": "q"}})
    frame = ledger.annotations()
    stance = frame[(frame["question"] == "stance") & (frame["state"] == "submitted")]
    assert stance["label"].value_counts(dropna=False).to_dict() == {"a": 5, "q": 3, None: 2}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({}, "what becomes of stance: b, stance: c;"),
        ({"stance": {"b": "z"}}, "what becomes of stance: c;"),
        ({"stance": {"b": "z", "c": "q"}}, "leads to 'q', which is no label: a, z"),
        ({"stance": {"b": "z", "c": None, "d": "a"}}, "has 'd', which is no old label: a, b, c"),
        ({"stance": {"b": "z", "c": None}, "mood": {}}, "a question 'mood', and the old label set has: stance, source"),
        ({"stance": None}, "the map of stance: it is still asked"),
    ],
)
def test_a_map_that_leaves_something_open_is_refused(push_batch, fake, labels, labelled, ledger, written, told):
    before = len(fake.projects)
    with pytest.raises(StanceError, match=told):
        push_batch(labels=edited(labels, "stance", **SMALLER), migrate=written)
    assert len(fake.projects) == before
    assert set(ledger.annotations()["label"].dropna()) <= {"a", "b", "c", "x"}


def test_a_question_that_is_not_asked_any_more_has_to_be_named(push_batch, labels, labelled):
    newer = edited(labels, "source", enabled=False)
    with pytest.raises(LabelsChanged, match="what becomes of source;"):
        push_batch(labels=newer, migrate={})
    assert push_batch(labels=newer, migrate={"source": None}).created == 35, (
        "all but the five that two people are done with"
    )


def test_the_command_takes_the_map_from_a_file(stance_command, fake, corpus, tmp_path):
    one, two, known = tmp_path / "one.yaml", tmp_path / "two.yaml", tmp_path / "map.yaml"
    one.write_text("questions: {stance: {labels: {a: {}, b: {}}}}")
    two.write_text("questions: {stance: {labels: {a: {}, z: {}}}}")
    known.write_text("questions: {stance: {b: z}}")
    assert stance_command("label", "push", "first", "--labels", one).code == 0
    fake.annotate(next(iter(fake.tasks)), user=2, stance="b")
    assert stance_command("label", "push", "first", "--labels", two, "--migrate", known).code == 0
    known.write_text("stance: {b: z}")
    assert stance_command("label", "push", "first", "--labels", two, "--migrate", known).code == 2


@pytest.fixture
def imported(stance_command, corpus, tmp_path):
    """``imported("a", "b")``: answers to ``stance`` from a CSV, one a sentence; and the files old, new, map."""

    def bring(*answers, labels="old", who="ann"):
        path = tmp_path / f"{who}.csv"
        rows = zip(corpus["sentence_id"], answers, strict=False)
        lines = [f"{sentence},{who},stance,{label}" for sentence, label in rows]
        path.write_text("\n".join(["sentence_id,annotator,question,label", *lines]))
        done = stance_command("label", "import", path, "--labels", tmp_path / f"{labels}.yaml", "--json")
        assert done.code == 0, done.err
        return done.record

    for name, labels in {"old": "{a: {}, b: {}, c: {}}", "new": "{a: {}, z: {}, b: {}}"}.items():
        (tmp_path / f"{name}.yaml").write_text(f"questions: {{stance: {{labels: {labels}}}}}")
    (tmp_path / "map.yaml").write_text("questions: {stance: {b: z, c: null}}")
    return bring


def test_imported_answers_need_a_map_too(stance_command, fake, imported, tmp_path, ledger):
    imported(*"aabbc")
    new = ("--labels", tmp_path / "new.yaml")
    refused = stance_command("label", "push", "first", *new)
    assert (refused.code, fake.projects) == (1, {})
    assert "imported answers have labels that are no labels any more: stance: c. Put the labels back" in refused.err
    gold = stance_command("label", "aggregate", *new)
    assert (gold.code, "no map says how they read: stance: c (1)" in gold.err) == (1, True)
    mapped = stance_command("label", "push", "first", *new, "--migrate", tmp_path / "map.yaml")
    assert (mapped.code, "maps nothing new" in mapped.err) == (0, False)
    assert stance_command("label", "aggregate", *new, "--json").record["gold"] == 4
    assert ledger.annotations()["label"].value_counts(dropna=False).to_dict() == {"a": 2, "z": 2, None: 1}
    again = stance_command("label", "push", "first", *new, "--migrate", tmp_path / "map.yaml")
    assert (again.code, "map.yaml maps nothing new" in again.err) == (0, True)
    imported("b", who="bob")
    imported("b", labels="new", who="cyd")
    found = ledger.annotations().set_index("annotator")["label"]
    assert (found["bob"], found["cyd"]) == ("z", "b"), "each file by the labels that it was imported under"
    assert stance_command("label", "push", "first", "--labels", tmp_path / "old.yaml").code == 1


def test_imported_answers_that_fit_need_no_map(stance_command, fake, imported, tmp_path):
    imported(*"aab")
    for labels in ("{stance: {labels: {b: {}, a: {}, d: {}}}}", "{mood: {labels: {up: {}, down: {}}}}"):
        (tmp_path / "other.yaml").write_text(f"questions: {labels}")
        assert stance_command("label", "push", "first", "--labels", tmp_path / "other.yaml").code == 0


def test_a_map_concerns_imported_answers_of_the_old_labels_alone(stance_command, fake, imported, tmp_path, ledger):
    """b is a label before and after, of another meaning; a map for the project's answers leaves the new b alone."""
    more = tmp_path / "more.yaml"
    more.write_text("questions: {stance: {labels: {a: {}, z: {}, b: {}}}, tone: {labels: {up: {}, down: {}}}}")
    imported("b", labels="new", who="cyd")
    imported("b", labels="more", who="eve")
    assert stance_command("label", "push", "first", "--labels", tmp_path / "old.yaml").code == 0
    fake.annotate(next(iter(fake.tasks)), 2, stance="b")
    known = ("--labels", tmp_path / "new.yaml", "--migrate", tmp_path / "map.yaml")
    assert stance_command("label", "push", "first", *known).code == 0
    read = ledger.annotations().set_index("annotator")["label"].to_dict()
    assert read == {"ann@example.com": "z", "cyd": "b", "eve": "b"}


def test_a_map_may_say_more_than_imported_answers_need(stance_command, fake, imported, tmp_path, ledger):
    """It was written for the answers of a project that asked more, from more labels."""
    imported("b")
    one, two, known = tmp_path / "one.yaml", tmp_path / "two.yaml", tmp_path / "known.yaml"
    one.write_text("questions: {stance: {labels: {a: {}, b: {}, d: {}}}, tone: {labels: {up: {}, down: {}}}}")
    two.write_text("questions: {stance: {labels: {a: {}, z: {}}}, tone: {labels: {up: {}, flat: {}}}}")
    known.write_text("questions: {stance: {b: z, d: a}, tone: {down: flat}}")
    assert stance_command("label", "push", "first", "--labels", one).code == 0
    fake.annotate(next(iter(fake.tasks)), 2, stance="d", tone="down")
    assert stance_command("label", "push", "first", "--labels", two, "--migrate", known).code == 0
    assert sorted(ledger.annotations()["label"]) == ["a", "flat", "z"]


def test_imported_answers_of_a_version_that_nobody_wrote_down(stance_command, fake, imported, tmp_path, ledger):
    """As in a ledger that an older stancelab filled: what was chosen tells what there was to choose from."""
    imported(*"abc")
    with ledger.writing() as connection:
        connection.execute(label_sets.delete())
    new = ("--labels", tmp_path / "new.yaml")
    assert stance_command("label", "push", "first", *new).code == 1
    assert stance_command("label", "push", "first", *new, "--migrate", tmp_path / "map.yaml").code == 0
    assert set(ledger.annotations()["label"]) == {"a", "z", None}
