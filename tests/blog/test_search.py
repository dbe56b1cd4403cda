"""What readers find when they search: ranked, marked, and what they meant rather than typed."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from blog import posts, search
from blog.models import Post
from core import db

Publish = Callable[..., Post]


def slugs(query: str, page: int = 1) -> list[str]:
    return [hit.post.slug for hit in search.find(query, page=page).hits]


@pytest.fixture
def library(publish: Publish) -> None:
    """Three posts on the calf, one of them not published."""
    publish("in-text", body="About the soleus, 100 % of it.\n\nIt lies *under* the other one.")
    publish("in-title", title="The Soleus", body="A calf muscle that tires in runners.")
    posts.withdraw(publish("draft", body="More of the soleus, for later.").id)


def test_titles_come_before_texts_and_drafts_never(library: None) -> None:
    assert slugs("SOLEUS") == ["in-title", "in-text"]


def test_every_word_is_wanted_and_the_last_may_be_a_beginning(library: None) -> None:
    assert slugs("soleus calf") == ["in-title"]
    assert slugs("soleus cal") == ["in-title"]
    assert slugs("sol") == ["in-title", "in-text"]


def test_a_word_is_found_in_its_other_forms(library: None) -> None:
    assert slugs("running runner") == slugs("runners") == ["in-title"]


def test_the_passage_shows_the_word_marked(library: None) -> None:
    (hit,) = search.find("lies soleus").hits
    assert "<mark>soleus</mark>" in hit.excerpt
    assert "<em>" not in hit.excerpt


@pytest.mark.parametrize("typed", ["soleos", "soelus", "soleuss", "olsus"])
def test_a_slip_of_the_keyboard_is_mended_and_said(library: None, typed: str) -> None:
    results = search.find(typed)
    if typed == "olsus":  # three letters away
        assert results.hits == []
        return
    assert [hit.post.slug for hit in results.hits] == ["in-title", "in-text"]
    assert results.mended == "soleus"


def test_some_of_the_words_are_better_than_nothing(library: None) -> None:
    results = search.find("soleus astronomy")
    assert [hit.post.slug for hit in results.hits] == ["in-title", "in-text"]
    assert not results.all_words


def test_words_that_every_text_has_are_not_looked_for(library: None) -> None:
    results = search.find("Why does the soleus of my calf tire when I am out for long?")
    assert results.words == ("soleus", "calf", "tire", "long")
    assert results.mended is None
    assert search.find("what is it").words == ("what", "is", "it")


def test_a_long_question_is_answered_by_what_has_most_of_it(library: None) -> None:
    asked = (
        "the soleus calf muscle tires runners uphill mornings winters hamburg berlin boston paris"
    )
    results = search.find(asked)
    assert len(results.words) == 10
    assert not results.all_words
    assert results.hits[0].post.slug == "in-title"


def test_where_few_have_all_words_those_that_have_some_follow(library: None) -> None:
    results = search.find("soleus calf")
    assert [hit.post.slug for hit in results.hits] == ["in-title"]
    assert [hit.post.slug for hit in results.others] == ["in-text"]
    assert search.find("soleus").others == ()


def test_dots_in_an_abbreviation_are_no_spaces(publish: Publish) -> None:
    publish("ql", title="The QL")
    assert slugs("Q.L.") == slugs("ql") == ["ql"]
    assert search.find("Q.L.").mended is None


@pytest.mark.parametrize(
    ("query", "regions", "muscles"),
    [
        ("lower back pain", ["low-back"], []),
        ("pain in my buttocks", ["buttock"], []),
        ("how long should I press", [], []),
        ("scalenes", [], ["scalenes"]),
    ],
)
def test_places_and_muscles_that_are_named_are_ways_on(
    app: object, query: str, regions: list[str], muscles: list[str]
) -> None:
    ways = search.find(query).ways
    assert [region.id for region in ways.regions] == regions
    assert [muscle.id for muscle in ways.muscles] == muscles


@pytest.mark.parametrize(
    ("query", "times"),
    [("numb legs", 1), ("when to see a doctor", 1), ("fevers", 1), ("stiff hips", 0)],
)
def test_what_sounds_urgent_leads_to_the_page_of_warning_signs(
    reader: FlaskClient, query: str, times: int
) -> None:
    page = reader.get("/blog/search", query_string={"q": query}).text
    assert page.count("Are you worried?") == times


def test_who_finds_nothing_is_led_on(reader: FlaskClient) -> None:
    page = reader.get("/blog/search?q=unicorn").text
    assert "No post has these words" in page
    for way in ("/pain-finder", "/muscles/", "/blog/topics/evidence", "/pages/safety"):
        assert f'href="{way}"' in page


def test_nothing_is_found_for_nothing(library: None) -> None:
    assert slugs("") == slugs("  ") == slugs("%%") == slugs("unicorn") == []


def test_a_changed_post_is_found_by_its_new_words_only(publish: Publish) -> None:
    post = publish("changing", body="It speaks of the scalenes.")
    changed = posts.draft_of(posts.get(post.id))
    posts.save(
        type(changed)(**{**vars(changed), "body": "Now of the masseter."}),
        by="a@b.example",
        post_id=post.id,
    )
    assert slugs("scalenes") == []
    assert slugs("masseter") == ["changing"]


def test_a_muscle_named_leads_to_the_atlas(app: object) -> None:
    assert [muscle.id for muscle in search.find("piriform").muscles] == ["piriformis"]
    assert search.find("muscle").muscles == []


def test_results_are_paged(publish: Publish) -> None:
    for number in range(search.PAGE + 2):
        publish(f"post-{number}", body="The masseter again.")
    first = search.find("masseter")
    assert first.more
    second = search.find("masseter", page=2)
    assert not second.more
    found = [hit.post.slug for hit in first.hits + second.hits]
    assert len(found) == len(set(found)) == search.PAGE + 2


def test_what_a_hostile_text_says_runs_nowhere(publish: Publish) -> None:
    publish("hostile", body="Beware of `<script>alert(1)</script>` and the tibialis.")
    (hit,) = search.find("tibialis").hits
    assert "<script" not in hit.excerpt


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_anything_may_be_asked(library: None, query: str) -> None:
    search.find(query)


def test_the_page_says_what_was_mended(reader: FlaskClient) -> None:
    text = reader.get("/blog/search?q=psaos").text
    assert "This is for <strong>psoas</strong>" in text
    assert "/blog/psoas-trigger-points" in text
    assert "<mark>" in text


def test_what_keeps_the_index_in_step_is_there_after_every_migration(app: object) -> None:
    with db.reading() as session:
        if session.get_bind().dialect.name == "sqlite":
            found = session.connection().exec_driver_sql(
                "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'post_index%'"
            )
            assert found.scalar() == 3
        else:
            found = session.connection().exec_driver_sql(
                "SELECT is_generated FROM information_schema.columns WHERE column_name = 'search_vector'"
            )
            assert found.scalar() == "ALWAYS"
