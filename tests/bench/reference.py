"""The reference: the smallest page that Flask can serve."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    """One line."""
    return "hello"
