"""The door of the back office."""

import stat

import pytest
from flask import Flask
from flask.testing import FlaskClient

from core import config, db
from staff import members, samples
from staff.models import Role, StaffMember

pytestmark = pytest.mark.one_database

PASSWORD = "a long pass phrase"


def sign_in(client: FlaskClient, email: str, password: str, **more: str) -> tuple[int, str | None]:
    answer = client.post("/staff/login", data={"email": email, "password": password, **more})
    return answer.status_code, answer.location


def member(email: str) -> StaffMember:
    with db.reading():
        found = members.find(email)
    assert found is not None
    return found


def test_olivia_signs_in_with_her_password_alone(client: FlaskClient) -> None:
    members.add("olivia@shop.example", Role.OWNER, PASSWORD)
    assert client.get("/staff/").location == "/staff/login"
    assert sign_in(client, "olivia@shop.example", "another phrase")[0] == 401
    assert sign_in(client, " Olivia@Shop.example", PASSWORD) == (303, "/staff/")
    assert client.get("/staff/").status_code == 200


def test_the_answer_does_not_tell_a_stranger_from_a_wrong_password(client: FlaskClient) -> None:
    members.add("olivia@shop.example", Role.OWNER, PASSWORD)
    asked = {"password": "another phrase", "next": ""}
    known = client.post("/staff/login", data={"email": "olivia@shop.example", **asked})
    stranger = client.post("/staff/login", data={"email": "mallory@shop.example", **asked})
    assert known.status_code == stranger.status_code == 401
    assert known.text.replace("olivia", "mallory") == stranger.text


def test_one_who_was_shut_out_does_not_come_in(client: FlaskClient) -> None:
    left = members.add("lee@shop.example", Role.EDITOR, PASSWORD)
    sign_in(client, "lee@shop.example", PASSWORD)
    with db.transaction() as session:
        session.get_one(StaffMember, left.id).active = False
    assert client.get("/staff/").status_code == 303
    assert sign_in(client, "lee@shop.example", PASSWORD)[0] == 401


def test_signing_in_leads_where_one_wanted_to_go_but_never_outside(client: FlaskClient) -> None:
    members.add("olivia@shop.example", Role.OWNER, PASSWORD)
    asked = client.get("/staff/outbox?state=failed").location
    assert asked == "/staff/login?next=/staff/outbox?state%3Dfailed"
    assert 'value="/staff/outbox?state=failed"' in client.get(asked).text
    for wanted, destination in (
        ("/staff/outbox?state=failed", "/staff/outbox?state=failed"),
        ("https://evil.example/staff/", "/staff/"),
        ("//evil.example/staff/", "/staff/"),
        ("/blog/", "/staff/"),
    ):
        came = sign_in(client, "olivia@shop.example", PASSWORD, next=wanted)
        assert came == (303, destination)
        client.post("/staff/logout")


def test_signing_in_is_noted_and_looking_is_not(client: FlaskClient) -> None:
    members.add("olivia@shop.example", Role.OWNER, PASSWORD)
    sign_in(client, "olivia@shop.example", PASSWORD)
    first = member("olivia@shop.example")
    client.get("/staff/")
    assert first.login_count == 1
    assert first.current_login_at is not None
    assert member("olivia@shop.example").current_login_at == first.current_login_at


def test_signing_out_ends_the_session(olivia: FlaskClient) -> None:
    assert olivia.post("/staff/logout").status_code == 303
    assert olivia.get("/staff/").location == "/staff/login"


def test_guessing_is_slowed_down(client: FlaskClient) -> None:
    statuses = [sign_in(client, "olivia@shop.example", "a guess")[0] for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_a_new_password_ends_every_other_session(app: Flask, olivia: FlaskClient) -> None:
    at_home = app.test_client()
    sign_in(at_home, "olivia@shop.example", PASSWORD)
    assert at_home.get("/staff/").status_code == 200
    new = "another long phrase"
    asked = {"current": PASSWORD, "new": new, "again": new}
    refused = olivia.post("/staff/account/password", data=asked | {"current": "guessed"})
    assert refused.status_code == 422
    assert olivia.post("/staff/account/password", data=asked | {"again": "x"}).status_code == 422
    assert olivia.post("/staff/account/password", data=asked).status_code == 303
    assert olivia.get("/staff/").status_code == 200
    assert at_home.get("/staff/").status_code == 303
    assert members.recognize("olivia@shop.example", PASSWORD) is None
    assert members.recognize("olivia@shop.example", new) is not None


def test_the_session_stays_in_the_back_office(client: FlaskClient) -> None:
    members.add("olivia@shop.example", Role.OWNER, PASSWORD)
    answer = client.post(
        "/staff/login", data={"email": "olivia@shop.example", "password": PASSWORD}
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("staff=")
    assert "Path=/staff" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    for path in ("/", "/blog/", "/healthz"):
        public = client.get(path)
        assert "Set-Cookie" not in public.headers
        assert "Cookie" not in public.headers.get("Vary", "")


def test_the_password_is_kept_as_argon2(app: Flask) -> None:
    olivia = members.add("olivia@shop.example", Role.OWNER, PASSWORD)
    assert olivia.password.startswith("$argon2id$")


def test_the_command_adds_staff_and_says_what_is_wrong(app: Flask) -> None:
    runner = app.test_cli_runner()
    add = ["staff", "add", "fay@shop.example", "--role", "fulfilment", "--password-stdin"]
    short = runner.invoke(args=add, input="short\n")
    assert short.exit_code == 1
    assert "at least 10 characters" in short.output
    added = runner.invoke(args=add, input=f"{PASSWORD}\n")
    assert added.exit_code == 0, added.output
    assert member("fay@shop.example").role is Role.FULFILMENT
    again = runner.invoke(args=add, input=f"{PASSWORD}\n")
    assert again.exit_code == 1
    assert "already" in again.output


def test_an_empty_shop_gets_an_owner_whose_password_is_told_until_it_changes(app: Flask) -> None:
    with db.reading():
        first = samples.first_sign_in()
    assert first is not None
    kept = config.current().data_dir / "first_sign_in"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with db.reading():
        assert samples.first_sign_in() == first
    members.change_password(member(first[0]).id, PASSWORD)
    with db.reading():
        assert samples.first_sign_in() is None
    assert not kept.exists()


def test_a_shop_with_staff_gets_no_sample_owner(olivia: FlaskClient) -> None:
    with db.reading():
        assert samples.first_sign_in() is None
        assert members.find(samples.OWNER) is None
