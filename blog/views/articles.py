"""The blog: its lists, its posts, their comments, its search and its feed."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from blog import cards, comments, feeds, followers, metadata, posts, teasers, topics
from blog import search as found
from blog.comments import Placed
from blog.models import Post
from blog.views import slots
from blog.views.answers import HOME, came_by, page, public
from core import settings
from core.links import BadLink
from core.web.headers import cache_publicly
from core.web.limits import limiter

pages = Blueprint("articles", __name__)

_PAGE = 12  # fills rows of two and of three
_MOST_PAGES = 50
_DAY = 24 * 3600
_BLOG = ("/blog/", "Blog")


@pages.get("/blog/")
def index() -> ResponseReturnValue:
    """The latest posts and all topics."""
    after = request.args.get("after", type=int)
    most = _PAGE if after else _PAGE + 1  # the latest stands above the rows
    found = teasers.latest(most + 1, after=after)
    html = page(
        "blog/index.html",
        title=settings.store().blog_name,
        summary="Where back pain can come from, muscle by muscle: what is known, what is not, "
        "and what you can try with care.",
        path="/blog/",
        way=[HOME],
        source="blog",
        topics=topics.with_posts(),
        after=after,
        **_paged(found, most),
    )
    return public(html, "after")


@pages.get("/blog/topics/<slug>")
def topic(slug: str) -> ResponseReturnValue:
    """The posts under a topic."""
    chosen = topics.by_slug(slug) or abort(404)
    after = request.args.get("after", type=int)
    found = teasers.latest(_PAGE + 1, after=after, topic=chosen)
    html = page(
        "blog/topic.html",
        title=chosen.title,
        summary=chosen.summary,
        path=f"/blog/topics/{slug}",
        way=[HOME, _BLOG],
        source=f"topic:{slug}",
        after=after,
        **_paged(found),
    )
    return public(html, "after")


@pages.get("/blog/search")
def search() -> ResponseReturnValue:
    """Posts that hold what was searched."""
    query = request.args.get("q", "")[:200].strip()
    number = min(max(request.args.get("page", 1, type=int), 1), _MOST_PAGES)
    html = page(
        "blog/search.html",
        title=f"Search: {query}" if query else "Search",
        summary="Search the blog.",
        path="/blog/search",
        way=[HOME, _BLOG],
        indexed=False,
        query=query,
        results=found.find(query, page=number),
        topics=topics.with_posts(),
        number=number,
    )
    return public(html, "q", "page")


@pages.get("/blog/feed.xml")
def feed() -> ResponseReturnValue:
    """The latest posts for feed readers."""
    response = Response(feeds.atom(teasers.full(20)), content_type="application/atom+xml")
    return cache_publicly(response, 60)


@pages.get("/blog/feed.json")
def json_feed() -> ResponseReturnValue:
    """The latest posts for feed readers that take JSON."""
    response = jsonify(feeds.json(teasers.full(20)))
    response.content_type = "application/feed+json"
    return cache_publicly(response, 60)


@pages.get("/blog/<slug>")
def post(slug: str) -> ResponseReturnValue:
    """A post with what belongs under it."""
    return public(show(_found(slug), answered=_answered()), "answer")


@pages.get("/blog/<slug>/card.jpg")
def card(slug: str) -> ResponseReturnValue:
    """The picture that stands for a post where it is shared."""
    response = Response(cards.picture(_found(slug)), content_type="image/jpeg")
    return cache_publicly(response, _DAY, asked=())


@pages.post("/blog/<slug>/comments")
@limiter.limit("5 per 10 minutes; 20 per day")
def comment(slug: str) -> ResponseReturnValue:
    """Take a comment, and lead to a page that shows what became of it."""
    found = _found(slug)
    given = {name: request.form.get(name, "") for name in ("name", "email", "body")}
    try:
        # People do not see the field `website`; machines fill it in.
        taken = comments.submit(
            found.id,
            **given,
            answered=_answered(),
            follow="follow" in request.form,
            suspicious=bool(request.form.get("website")),
        )
    except comments.Refused as refused:
        given["follow"] = request.form.get("follow", "")
        html = show(found, given=given, problems=refused.problems, answered=_answered())
        return html, 422
    return redirect(f"/blog/comments/{comments.token(taken)}", 303)


@pages.get("/blog/comments/<token>")
def own_comment(token: str) -> ResponseReturnValue:
    """A reader's own comment, whatever became of it."""
    own = _own(token)
    return page(
        "blog/own_comment.html",
        title="Your comment",
        summary="What became of your comment.",
        path=f"/blog/comments/{token}",
        indexed=False,
        token=token,
        own=own,
        follower=followers.of(own.comment.id) if own else None,
    )


@pages.post("/blog/comments/<token>/delete")
def delete_comment(token: str) -> ResponseReturnValue:
    """Let a reader take back what they wrote."""
    own = _own(token)
    if own is not None:
        comments.delete(own.comment.id)
    return redirect(f"/blog/comments/{token}", 303)


def show(
    post: Post,
    *,
    given: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    answered: int | None = None,
) -> str:
    """The page of a post, also of one that is only a preview."""
    source = f"post:{post.slug}"
    threads = comments.shown(post.id) if post.id else []
    return page(
        "blog/post.html",
        title=post.title,
        summary=post.summary,
        path=f"/blog/{post.slug}",
        way=[HOME, _BLOG],
        described=[metadata.blog_posting(post)],
        post=post,
        card=cards,
        source=source,
        body=slots.fill(post.html, post.slots, source=came_by(source)),
        threads=threads,
        answered=next((each.comment for each in threads if each.comment.id == answered), None),
        read_next=_read_next(post),
        given=given or {"name": "", "email": "", "body": "", "follow": ""},
        problems=problems or {},
    )


def _answered() -> int | None:
    """The comment that a reader answers, by the link or the form."""
    return request.values.get("answer", type=int)


def _found(slug: str) -> Post:
    return posts.by_slug(slug) or abort(404)


def _read_next(post: Post) -> list[teasers.Teaser]:
    wanted = [*post.read_next, *([post.pillar] if post.pillar else [])]
    return teasers.named([slug for slug in wanted if slug != post.slug])[:3]


def _paged(found: list[teasers.Teaser], most: int = _PAGE) -> dict[str, Any]:
    """One post more than fits says that there are older ones."""
    shown = found[:most]
    return {"posts": shown, "older": shown[-1].id if len(found) > most else None}


def _own(token: str) -> Placed | None:
    try:
        return comments.by_token(token)
    except BadLink:
        abort(404)
