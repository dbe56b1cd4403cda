"""Hold the written content to its own rules: complete, sourced, careful, and linked to things that exist."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import frontmatter
import pytest
from frontmatter.default_handlers import YAMLHandler

from blog import anatomy, studies

ROOT = Path(__file__).parents[2]
POSTS = sorted((ROOT / "blog/content/posts").glob("*.md"))
PAGES = sorted((ROOT / "blog/content/pages").glob("*.md"))
PRODUCT = ROOT / "shop/content/ql-claw.md"
WELCOME = sorted((ROOT / "newsletter/content/welcome").glob("*.md"))
MAILS = [*WELCOME, ROOT / "newsletter/content/first-issue.md"]
YAML = [
    ROOT / "blog/content/topics.yaml",
    ROOT / "blog/content/home.yaml",
    ROOT / "newsletter/content/wording.yaml",
]
EVERYTHING = [*POSTS, *PAGES, PRODUCT, *MAILS, *YAML]

POST_FIELDS = {
    *("title", "slug", "summary", "author", "reviewer", "published", "updated"),
    *("topics", "muscles", "regions", "read_next", "pillar"),
}
PAGE_SLUGS = {
    *("about", "shipping", "returns", "privacy", "health-data", "terms"),
    *("contact", "safety", "accessibility"),
}
DIRECTIVES = {"muscle-chart", "product", "newsletter", "finder", "figure", "button", "post"}
FIGURES = {"referral-principle", "tool-schematic", *(study.name for study in studies.every())}
CALLOUTS = {"doctor", "note", "evidence"}
PICTURES = {f"product/{name}" for name in ("hero", "side", "top", "trigger", "lying", "scale")}
SITE_PATHS = {
    "/",
    "/orders/",
    "/reviews/",
    "/withdraw",
    "/pain-finder",
    "/muscles/",
    "/blog/",
    "/.well-known/security.txt",
}

FORBIDDEN = re.compile(
    r"\b(cures?|cured|proven|eliminat\w+|treats|heals?|healed|miracle\w*|instant relief"
    r"|pain-free|FDA.approved|clinically|guaranteed)\b",
    re.IGNORECASE,
)
DISEASES = re.compile(
    r"\b(sciatica|herniat\w+|discs?|syndrome|arthritis|osteoarthritis|stenosis|fibromyalgia"
    r"|bursitis|tendinopathy|impingement|neuropathy|scoliosis|spondyl\w+)\b",
    re.IGNORECASE,
)
RESEARCH_MARK = re.compile(r"\[(K|R|\?)\]")
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
DIRECTIVE = re.compile(r"^::(?P<name>[a-z-]+)(?:\{(?P<attributes>.*)\})?$", re.MULTILINE)
ATTRIBUTE = re.compile(r'(?P<name>[a-z]+)="(?P<value>[^"]*)"')
BLOCK = re.compile(r"^:::(?P<name>[a-z]+)(?:\{(?P<attributes>.*)\})?$", re.MULTILINE)
FOOTNOTE = re.compile(r"^\[\^(?P<id>[a-z0-9-]+)\]: (?P<text>.+)$", re.MULTILINE)
STUDY = re.compile(
    r"(?P<authors>[A-Z].*?) (?P<year>(?:19|20)\d\d), (?P<title>[A-Z][^*\[]{15,}?)[,.] "
    r"(?:in )?\*[^*]+\*[^\[]*\[[^\]]+\]\(https?://"
)
GUIDELINE = re.compile(r"[A-Z].*? (?:19|20)\d\d, [A-Z][^\[]{15,}\[[^\]]+\]\(https?://")
UNDATED = re.compile(r"[A-Z][^\[]*, \[[^\]]{4,}\]\(https?://")
FOOTNOTE_USE = re.compile(r"\[\^([a-z0-9-]+)\](?!:)")

each_post = pytest.mark.parametrize("path", POSTS, ids=lambda path: path.stem)
each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
each_mail = pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
each_text = pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: path.stem)


# Posts


def test_the_four_posts_of_the_old_blog_are_there() -> None:
    assert {path.stem for path in POSTS} >= {
        "referred-back-pain",
        "5-muscles-contributing-to-your-low-back-pain",
        "psoas-trigger-points",
        "ql-and-psoas-muscles",
    }


@each_post
def test_a_post_says_all_that_a_page_needs_to_know(path: Path) -> None:
    matter = _matter(path)
    assert set(matter) == POST_FIELDS
    assert matter["slug"] == path.stem
    assert matter["author"] == "The QL Blawg editors"
    assert matter["reviewer"] is None
    assert isinstance(matter["published"], date)
    assert matter["updated"] >= matter["published"]


@each_post
def test_a_summary_fills_a_search_result_and_no_more(path: Path) -> None:
    assert 150 <= len(_matter(path)["summary"]) <= 160


@each_post
def test_a_post_is_between_1000_and_1800_words_long(path: Path) -> None:
    assert 1000 <= _words(_prose(_body(path))) <= 1800


@each_post
def test_a_post_names_only_topics_muscles_regions_and_posts_that_exist(path: Path) -> None:
    matter = _matter(path)
    slugs = {post.stem for post in POSTS}
    assert set(matter["topics"]) <= _topic_slugs()
    assert set(matter["muscles"]) <= _muscle_ids()
    assert set(matter["regions"]) <= _region_ids()
    assert set(matter["read_next"]) <= slugs - {path.stem}
    assert matter["pillar"] in slugs


@each_post
def test_a_post_warns_weighs_the_evidence_and_points_to_the_finder(path: Path) -> None:
    body = _body(path)
    kinds = [block["kind"] for name, block in _blocks(body) if name == "callout"]
    assert "doctor" in kinds
    assert "evidence" in kinds
    assert "finder" in {name for name, _ in _directives(body)}
    assert "](/pages/safety)" in body
    assert "](/pain-finder)" in body


@each_post
def test_a_post_links_up_to_its_pillar_and_across_to_two_others(path: Path) -> None:
    linked = {link["target"] for link in LINK.finditer(_body(path))} & _post_paths()
    assert len(linked) >= 2
    assert _matter(path)["pillar"] in {path.stem, *(link.split("/")[-1] for link in linked)}


def test_every_post_is_linked_from_another() -> None:
    for path in POSTS:
        others = [_body(other) for other in POSTS if other != path]
        assert any(f"](/blog/{path.stem})" in body for body in others), path.stem


@each_post
def test_a_post_shows_a_chart_with_a_caption(path: Path) -> None:
    charts = [given for name, given in _directives(_body(path)) if name == "muscle-chart"]
    assert charts
    for chart in charts:
        assert chart["muscle"] in _muscle_ids()
        assert len(chart["caption"]) > 40


@each_post
def test_a_post_shows_the_tool_at_most_once_and_away_from_any_disease(path: Path) -> None:
    selling = _selling_sections(path)
    assert sum(section.count("::product{") for section in selling) <= 1
    for section in selling:
        assert not DISEASES.search(section)


@each_post
def test_the_tool_stays_away_from_muscles_it_must_not_press(path: Path) -> None:
    for section in _selling_sections(path):
        for muscle in _muscles_no_tool_may_press():
            assert f"/muscles/{muscle})" not in section


def test_a_post_named_after_a_disease_shows_no_tool() -> None:
    for path in POSTS:
        if DISEASES.search(_matter(path)["title"]):
            assert not _selling_sections(path), path.stem


@each_post
def test_every_footnote_is_used_and_every_use_has_its_footnote(path: Path) -> None:
    body = _body(path)
    defined = [note["id"] for note in FOOTNOTE.finditer(body)]
    assert len(defined) == len(set(defined))
    assert set(defined) == set(FOOTNOTE_USE.findall(_without_footnotes(body)))


@each_post
def test_every_footnote_links_to_its_source_and_says_what_kind_it_is(path: Path) -> None:
    kinds = re.compile(
        r"review|trial|guideline|chapter|reference|page|encyclopedia|notes|excerpt", re.IGNORECASE
    )
    for note in FOOTNOTE.finditer(_body(path)):
        assert "](http" in note["text"], note["id"]
        assert kinds.search(note["text"].split("](", 1)[1]), note["id"]


@each_post
def test_a_source_is_named_by_author_year_title_and_address(path: Path) -> None:
    for note in FOOTNOTE.finditer(_body(path)):
        assert _form_of(note["text"]).match(note["text"]), note["id"]


def test_a_source_is_cited_in_the_same_words_under_one_key_in_every_post() -> None:
    words: dict[str, str] = {}
    keys: dict[str, str] = {}
    for path in POSTS:
        for note in FOOTNOTE.finditer(_body(path)):
            address = re.findall(r"\]\((http[^)]+)\)", note["text"])[0]
            assert words.setdefault(note["id"], note["text"]) == note["text"], (
                path.stem,
                note["id"],
            )
            assert keys.setdefault(address, note["id"]) == note["id"], (path.stem, address)


@each_post
def test_books_that_were_not_opened_are_not_named_as_sources(path: Path) -> None:
    for note in FOOTNOTE.finditer(_body(path)):
        assert not re.search(r"Davies|Donnelly|Workbook", note["text"])


def test_each_topic_has_posts_and_a_summary() -> None:
    used = {topic for path in POSTS for topic in _matter(path)["topics"]}
    assert used == _topic_slugs()
    assert all(topic["title"] and topic["summary"] for topic in _yaml(YAML[0]))


# Pages


def test_every_promised_page_is_written() -> None:
    assert {path.stem for path in PAGES} >= PAGE_SLUGS


@each_page
def test_a_page_says_all_that_it_needs_and_whether_it_is_a_sample(path: Path) -> None:
    matter = _matter(path)
    assert set(matter) == {"title", "slug", "summary", "updated", "sample"}
    assert matter["slug"] == path.stem
    assert 80 <= len(matter["summary"]) <= 180


@each_page
def test_a_sample_page_says_so_at_its_top(path: Path) -> None:
    first_line = _body(path).splitlines()[0]
    assert first_line.startswith("> Sample text") == _matter(path)["sample"]


def test_no_placeholder_is_left_on_a_page_that_is_no_sample() -> None:
    for path in PAGES:
        assert _matter(path)["sample"] or "[Sample" not in _body(path)


def test_the_safety_page_gives_the_emergency_numbers() -> None:
    body = _body(ROOT / "blog/content/pages/safety.md")
    for number in ("911", "112", "999", "000", "111"):
        assert f"**{number}**" in body


# The product


def test_the_product_marks_its_sample_values_and_counts_money_in_minor_units() -> None:
    matter = _matter(PRODUCT)
    assert matter["sample"] is True
    assert "Sample" in matter["sample_notice"]
    assert [variant["sku"] for variant in matter["variants"]] == ["QL-CLAW", "QL-CLAW-PAIR"]
    assert all(isinstance(variant["price"], int) for variant in matter["variants"])
    assert all(isinstance(rate["amount"], int) for rate in matter["shipping"])
    assert {rate["zone"] for rate in matter["shipping"]} == {"US", "CA", "GB", "DE", "AU"}
    assert all(rate["days_min"] <= rate["days_max"] for rate in matter["shipping"])


def test_the_product_says_which_end_is_for_which_muscle() -> None:
    uses = _matter(PRODUCT)["muscles"]
    assert {use["id"] for use in uses} <= _muscle_ids() - _muscles_no_tool_may_press()
    assert {use["end"] for use in uses} == {"ramp", "trigger"}


def test_the_product_lists_who_must_not_use_it_and_answers_ten_questions() -> None:
    matter = _matter(PRODUCT)
    assert len(matter["contraindications"]) >= 10
    assert len(matter["questions"]) >= 10
    assert {picture["name"] for picture in matter["pictures"]} == PICTURES
    assert all(picture["alt"] for picture in matter["pictures"])


def test_the_product_claims_no_size_material_or_color() -> None:
    names = {row["name"].lower() for row in _matter(PRODUCT)["specifications"]}
    assert not names & {"size", "dimensions", "material", "color", "weight"}


def test_the_description_names_no_disease_and_is_300_to_500_words() -> None:
    body = _body(PRODUCT)
    assert 300 <= _words(body) <= 500
    assert "designed for self-massage" in body
    assert not DISEASES.search(body)


# Letters


def test_the_welcome_letters_come_every_few_days() -> None:
    delays = [_matter(path)["delay_days"] for path in WELCOME]
    assert len(delays) >= 8
    assert delays[0] == 0
    assert all(2 <= delay <= 7 for delay in delays[1:])
    assert [path.stem[:2] for path in WELCOME] == [f"{n:02}" for n in range(1, len(WELCOME) + 1)]


@each_mail
def test_a_subject_and_its_preheader_fit_an_inbox(path: Path) -> None:
    matter = _matter(path)
    assert 0 < len(matter["subject"]) <= 55
    assert 40 <= len(matter["preheader"]) <= 110
    assert len({_matter(mail)["subject"] for mail in MAILS}) == len(MAILS)


@each_mail
def test_a_letter_is_a_letter_long_and_signed(path: Path) -> None:
    body = _body(path)
    assert 150 <= _words(_prose(body)) <= 350
    assert body.startswith("Hello {{ name }},")
    assert body.rstrip().endswith("the QL Blawg editors")


@each_mail
def test_a_letter_merges_only_the_name(path: Path) -> None:
    assert set(re.findall(r"\{\{(.*?)\}\}", _body(path))) == {" name "}


@each_mail
def test_a_letter_links_to_something_of_use(path: Path) -> None:
    body = _body(path)
    assert LINK.search(body) or _directives(body)


@each_mail
def test_a_letter_with_the_tool_in_it_names_no_disease(path: Path) -> None:
    body = _body(path)
    assert body.count("::product{") <= 1
    assert "::product{" not in body or not DISEASES.search(body)


def test_the_confirmation_mail_advertises_nothing() -> None:
    wording = _yaml(ROOT / "newsletter/content/wording.yaml")
    for kind in ("confirmation_mail", "confirmation_reminder"):
        text = " ".join(wording[kind].values())
        assert not re.search(r"QL Claw|shop|offer|buy|price|product", text, re.IGNORECASE)


def test_the_consent_wording_has_a_version_and_says_what_comes_and_how_to_leave() -> None:
    consent = _yaml(ROOT / "newsletter/content/wording.yaml")["consent"]
    assert consent["version"] == "2026-11-1"
    assert "every few days" in consent["wording"]
    assert "unsubscribe at any time" in consent["wording"]


# The home page


def test_the_home_page_names_five_muscles_and_posts_that_exist() -> None:
    home = _yaml(ROOT / "blog/content/home.yaml")
    assert len(home["muscles"]["items"]) == 5
    assert {item["id"] for item in home["muscles"]["items"]} <= _muscle_ids()
    assert set(home["posts"]["slugs"]) <= {path.stem for path in POSTS}
    assert len(home["use"]["steps"]) == 3
    assert all(source["href"].startswith("https://") for source in home["research"]["sources"])
    for item in [*home["questions"]["items"], *home["use"]["steps"]]:
        assert item["href"] == "the product" or _known(item["href"]), item["href"]


# Every text


@each_text
def test_no_text_promises_what_nobody_can(path: Path) -> None:
    assert not FORBIDDEN.findall(path.read_text("utf-8"))


@each_text
def test_no_note_from_the_research_is_left_in_a_text(path: Path) -> None:
    assert not RESEARCH_MARK.search(path.read_text("utf-8"))


@each_text
def test_links_inside_the_site_lead_somewhere(path: Path) -> None:
    for link in LINK.finditer(path.read_text("utf-8")):
        target = link["target"]
        assert target.startswith("http") or _known(target), target


@each_text
def test_directives_are_spelled_as_the_renderer_reads_them(path: Path) -> None:
    text = path.read_text("utf-8")
    for name, given in _directives(text):
        assert name in DIRECTIVES
        if name == "figure":
            assert given["name"] in FIGURES
            assert given["caption"]
            assert given["alt"]
            assert given["credit"]
        if name == "product":
            assert given["slug"] == PRODUCT.stem
        if name == "post":
            assert f"/blog/{given['slug']}" in _post_paths()
        if name == "button":
            assert given["label"]
            assert _known(given["href"])
    for name, given in _blocks(text):
        assert name in {"callout", "steps"}
        assert given["title"]
        assert name == "steps" or given["kind"] in CALLOUTS
    assert len(re.findall(r"^:::$", text, re.MULTILINE)) == len(_blocks(text))


# Reading the files


def _matter(path: Path) -> dict[str, Any]:
    return dict(frontmatter.load(str(path)).metadata)


def _body(path: Path) -> str:
    return str(frontmatter.load(str(path)).content)


def _yaml(path: Path) -> Any:
    return YAMLHandler().load(path.read_text("utf-8"))


def _form_of(note: str) -> re.Pattern[str]:
    """Whether the source is a study, a guideline or a page without a date, by the kind it gives."""
    kind = re.split(r"\]\(http[^)]+\)\. ", note)[1].split(";")[0]
    if kind.startswith("Guideline"):
        return GUIDELINE
    if re.search(r"page|reference|excerpt|notes|encyclopedia", kind, re.IGNORECASE):
        return UNDATED
    return STUDY


def _without_footnotes(body: str) -> str:
    return FOOTNOTE.sub("", body)


def _selling_sections(path: Path) -> list[str]:
    sections = re.split(r"^## ", _without_footnotes(_body(path)), flags=re.MULTILINE)
    return [section for section in sections if "::product{" in section]


def _prose(body: str) -> str:
    text = DIRECTIVE.sub("", BLOCK.sub("", _without_footnotes(body)))
    return re.sub(r"\]\([^)]*\)|\[\^[a-z0-9-]+\]", "", text)


def _words(text: str) -> int:
    return len(re.findall(r"[\w’'-]+", text))


def _directives(text: str) -> list[tuple[str, dict[str, str]]]:
    return [(found["name"], _attributes(found["attributes"])) for found in DIRECTIVE.finditer(text)]


def _blocks(text: str) -> list[tuple[str, dict[str, str]]]:
    return [(found["name"], _attributes(found["attributes"])) for found in BLOCK.finditer(text)]


def _attributes(text: str | None) -> dict[str, str]:
    return {found["name"]: found["value"] for found in ATTRIBUTE.finditer(text or "")}


def _topic_slugs() -> set[str]:
    return {topic["slug"] for topic in _yaml(ROOT / "blog/content/topics.yaml")}


def _post_paths() -> set[str]:
    return {f"/blog/{path.stem}" for path in POSTS}


def _known(target: str) -> bool:
    return target in (
        SITE_PATHS
        | _post_paths()
        | {f"/pages/{path.stem}" for path in PAGES}
        | {f"/muscles/{muscle}" for muscle in _muscle_ids()}
        | {f"/products/{PRODUCT.stem}"}
    )


def _muscle_ids() -> set[str]:
    return set(anatomy.muscles())


def _region_ids() -> set[str]:
    return set(anatomy.regions())


def _muscles_no_tool_may_press() -> set[str]:
    return {
        muscle.id for muscle in anatomy.muscles().values() if not anatomy.may_be_pressed(muscle)
    }
