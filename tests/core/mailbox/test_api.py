"""What programs read from the mailbox."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from core.mailbox.server import Mailbox

from .conftest import Send


def ask(mailbox: Mailbox, path: str, method: str = "GET", body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} if data else {}
    request = Request(mailbox.http_url + path, data, headers, method=method)
    with urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or "null")


def test_the_list_is_newest_first_and_paged_by_key(mailbox: Mailbox, send: Send) -> None:
    for number in range(3):
        send(subject=f"Letter {number}")
    first = ask(mailbox, "/messages.json?limit=2")
    rest = ask(mailbox, f"/messages.json?limit=2&after={first['after']}")
    subjects = [row["subject"] for row in first["messages"] + rest["messages"]]
    assert (subjects, rest["after"]) == (["Letter 2", "Letter 1", "Letter 0"], None)


def test_it_is_asked_by_recipient_and_by_message_id(mailbox: Mailbox, send: Send) -> None:
    send("ada@example.com", Message_ID="<one@shop>")
    send("ben@example.com", Message_ID="<two@shop>")
    [ada] = ask(mailbox, "/messages.json?to=Ada@example.com")["messages"]
    [ben] = ask(mailbox, "/messages.json?message_id=%3Ctwo@shop%3E")["messages"]
    assert (ada["message_id"], ben["rcpt_tos"]) == ("one@shop", ["ben@example.com"])


def test_a_message_comes_with_its_parts(mailbox: Mailbox, send: Send) -> None:
    send(html="<p>See <a href='https://shop.example/orders/1'>your order</a>.</p>")
    message = ask(mailbox, f"/messages/{mailbox.messages()[0].id}.json")
    assert message["links"] == ["https://shop.example/orders/1"]
    assert message["text"] == "Thank you, Ada.\n"
    assert ["Subject", "Your order"] in message["headers"]


def test_the_log_knows_what_was_accepted_even_after_clearing(mailbox: Mailbox, send: Send) -> None:
    send(Message_ID="<one@shop>")
    asked = {"message_ids": ["<one@shop>", "<two@shop>", "one@shop"]}
    assert ask(mailbox, "/messages.json", "DELETE") == {"deleted": 1}
    assert ask(mailbox, "/messages.json")["messages"] == []
    assert ask(mailbox, "/lookup.json", "POST", asked) == {"accepted": ["<one@shop>", "one@shop"]}


def test_one_message_is_deleted_alone(mailbox: Mailbox, send: Send) -> None:
    send("ada@example.com")
    send("ben@example.com")
    ask(mailbox, f"/messages/{mailbox.messages('ada@example.com')[0].id}.json", "DELETE")
    assert [message.rcpt_tos for message in mailbox.messages()] == [("ben@example.com",)]


@pytest.mark.parametrize("body", [[], {}, {"message_ids": "one"}, {"message_ids": [1]}])
def test_a_malformed_question_is_refused(mailbox: Mailbox, body: object) -> None:
    with pytest.raises(HTTPError, match="400"):
        ask(mailbox, "/lookup.json", "POST", body)
