"""Search over ten thousand posts, beside fetching one of them by its address."""

import random
import statistics
import time
from collections.abc import Callable

from sqlalchemy import insert, select

from blog import posts, search
from blog.models import Post
from core import clock, db

POSTS = 10_000
QUERIES = ("psoas", "low back pain", "piriformis sciat", "psaos", "sitting hip fl")
ROUNDS = 15


def measure() -> None:
    """Print how long each search takes, as a multiple of reading one post by its address."""
    _fill()
    reference = _median(lambda: posts.by_slug("referred-back-pain"))
    print(f"\nsearch over {POSTS:,} posts")
    print(f"  {'one post by its address':<28}{reference * 1000:>9.2f} ms")
    for query in QUERIES:
        took = _median(lambda query=query: search.find(query))  # type: ignore[misc] # bound now
        print(f"  {query:<28}{took * 1000:>9.2f} ms  ÷ reference {took / reference:.1f}")


def _fill() -> None:
    """Posts whose paragraphs are those of the sample's, shuffled."""
    with db.transaction() as session:
        samples = session.scalars(select(Post)).all()
        sentences = [each for post in samples for each in post.search_text.split(". ")]
        shared = {
            column.key: getattr(samples[0], column.key)
            for column in Post.__table__.columns
            if column.key not in ("id", "slug", "search_text", "published_at")
        }
        chance = random.Random(7)
        session.execute(
            insert(Post),
            [
                {
                    **shared,
                    "slug": f"bench-{number}",
                    "search_text": ". ".join(chance.choices(sentences, k=60)),
                    "published_at": clock.now(),
                }
                for number in range(POSTS)
            ],
        )


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)
