"""The owner's settings."""

import pytest
from flask.testing import FlaskClient

from core import redirects, settings

pytestmark = pytest.mark.one_database


def test_olivia_changes_what_letters_are_signed_with_and_takes_it_back(
    olivia: FlaskClient,
) -> None:
    answer = olivia.post("/staff/settings", data={"legal_name": "Olivia's Tools LLC"})
    assert answer.status_code == 303
    assert settings.store().legal_name == "Olivia's Tools LLC"
    assert settings.store().name == "QL Claw"
    told = olivia.get("/staff/settings").text
    assert "Saved: Company." in told
    assert 'name="legal_name" value="[Sample: your company name]"' in told
    olivia.post("/staff/settings", data={"legal_name": "[Sample: your company name]"})
    assert settings.store().legal_name == "[Sample: your company name]"


def test_a_wrong_setting_is_named_and_nothing_is_kept(olivia: FlaskClient) -> None:
    given = {"support_email": "nobody", "currency": "XYZ", "name": "", "hero_product": "none"}
    given["timezone"] = "Europe/Atlantis"
    answer = olivia.post("/staff/settings", data=given)
    assert answer.status_code == 422
    assert "This is no e-mail address." in answer.text
    assert "There is no such currency." in answer.text
    assert "There is no such zone" in answer.text
    assert "Please fill this in." in answer.text
    assert "No product that everybody can see has this address." in answer.text
    assert settings.store() == settings.Store()


def test_the_selector_of_a_signature_is_read_from_what_was_pasted(olivia: FlaskClient) -> None:
    pasted = "DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=k2; h=from; bh=a; b=" + "x" * 400
    answer = olivia.post("/staff/settings", data={"dkim_selector": pasted})
    assert answer.status_code == 303
    assert settings.store().dkim_selector == "k2._domainkey.shop.example"
    wrong = olivia.post("/staff/settings", data={"dkim_selector": "d=shop.example"})
    assert wrong.status_code == 422
    assert "This holds no selector" in wrong.text
    assert 'value="d=shop.example"' in wrong.text
    olivia.post("/staff/settings", data={"dkim_selector": ""})
    assert settings.store().dkim_selector == ""


def test_ed_lets_an_old_address_lead_to_a_new_one(ed: FlaskClient) -> None:
    ed.post("/staff/redirects", data={"path": "/blogs/news/ql", "target": "/blog/ql"})
    assert redirects.find("/blogs/news/ql") == "/blog/ql"
    assert "/blogs/news/ql" in ed.get("/staff/redirects").text
    ed.post("/staff/redirects/remove", data={"path": "/blogs/news/ql"})
    assert redirects.find("/blogs/news/ql") is None


def test_an_address_cannot_lead_astray(ed: FlaskClient) -> None:
    for path, target in (
        ("blog/a", "/blog/b"),
        ("/staff/orders", "/blog/b"),
        ("/blog/a", "//evil.example"),
        ("/blog/a", "javascript:alert(1)"),
        ("/blog/a", "/blog/a"),
    ):
        answer = ed.post("/staff/redirects", data={"path": path, "target": target})
        assert answer.status_code == 422, (path, target)
        assert redirects.find(path) is None
