"""People who come from a file."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from core import db
from core.mail import letters
from newsletter import (
    consents,
    exports,
    imports,
    mailing,
    personal_data,
    segments,
    sequences,
    subscribers,
    walks,
)
from newsletter.admissions import Fate, Outcome
from newsletter.models import ConsentEvent, Enrolment, Standing, Subscriber
from newsletter.steps import Mail
from tests.newsletter.conftest import Join, mail_to, person

pytestmark = pytest.mark.one_database

HEADER = "email,name,timezone,tags,consent_at,consent_source\n"
ADA = "ada@example.com"


def read(rows: str, *, start: str | None = None, dry_run: bool = False) -> Outcome:
    return imports.read(StringIO(HEADER + rows), origin="old.csv", start=start, dry_run=dry_run)


def test_consent_with_evidence_is_kept_with_it(app: Flask) -> None:
    outcome = read('Ada@example.com,Ada,Europe/Berlin,"runners,old",2025-05-01T10:00:00Z,Shopify\n')
    assert (outcome.confirmed, outcome.errors) == (1, [])
    ada = person(ADA)
    assert (ada.standing, ada.name, ada.timezone) == (Standing.CONFIRMED, "Ada", "Europe/Berlin")
    assert segments.tags_of(ada) == ["old", "runners"]
    receipt = consents.receipts(ada)[0]
    assert receipt.event is ConsentEvent.IMPORTED
    assert "Shopify, 2025-05-01T10:00:00+00:00 (old.csv)" in receipt.wording
    assert mail_to(ADA) == []


def test_without_evidence_a_person_is_asked_and_only_once(app: Flask) -> None:
    assert read(f"{ADA},Ada,,,,\n").asked == 1
    assert read(f"{ADA},Ada,,,2025-05-01,\n").already == 1
    assert person(ADA).standing is Standing.PENDING
    assert [row.letter for row in mail_to(ADA)] == [subscribers.CONFIRMATION]


def test_nobody_who_left_or_was_erased_is_revived(app: Flask, join: Join) -> None:
    subscribers.unsubscribe(join(ADA).public_id, method="button")
    personal_data.erase(join("ben@example.com").public_id)
    evidence = ",,,,2025-05-01,Shopify\n"
    outcome = read(f"{ADA}{evidence}ben@example.com{evidence}")
    assert (outcome.unsubscribed, outcome.suppressed, outcome.confirmed) == (1, 1, 0)
    assert person(ADA).standing is Standing.UNSUBSCRIBED
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Subscriber)) == 1


MAILCHIMP = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CONFIRM_IP"
WHEN = "2018-02-12 10:54:27"


@pytest.mark.parametrize(
    ("file", "fates", "tags"),
    [
        (
            (
                f"{MAILCHIMP},LAST_CHANGED,TAGS\n"
                f'{ADA},Ada,L,2,{WHEN},{WHEN},203.0.113.7,{WHEN},"""Runs a lot"",""vip"""\n'
                f"by-hand@example.com,,,2,,{WHEN},,{WHEN},\n"
            ),
            {"confirmed": 1, "asked": 1},
            ["Runs a lot", "vip"],
        ),
        (f"{MAILCHIMP},UNSUB_TIME\n{ADA},,,2,,{WHEN},203.0.113.7,{WHEN}\n", {"refused": 1}, []),
        (f"{MAILCHIMP},CLEAN_TIME\n{ADA},,,2,,{WHEN},203.0.113.7,{WHEN}\n", {"refused": 1}, []),
        (
            (
                "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Tags\n"
                f'1,Ada,L,{ADA},yes,"vip, old"\n2,Ben,B,ben@example.com,no,\n'
            ),
            {"asked": 1, "refused": 1},
            ["old", "vip"],
        ),
        (
            (
                "id,email,name,note,subscribed_to_emails,complimentary_plan,created_at,labels\n"
                f"1,{ADA},Ada,,true,,2024-01-01T00:00:00Z,vip\n2,ben@example.com,,,false,,,\n"
            ),
            {"asked": 1, "refused": 1},
            ["vip"],
        ),
        (
            (
                "uuid,email,name,attributes,status,created_at,updated_at\n"
                f"1,{ADA},Ada,{{}},enabled,,\n2,ben@example.com,B,{{}},blocklisted,,\n"
            ),
            {"asked": 1, "refused": 1},
            [],
        ),
    ],
    ids=["Mailchimp", "Mailchimp's who left", "its dead addresses", "Shopify", "Ghost", "listmonk"],
)
def test_files_of_other_programs_say_who_agreed_and_who_did_not(
    app: Flask, file: str, fates: dict[str, int], tags: list[str]
) -> None:
    outcome = imports.read(StringIO(file), origin="old.csv")
    assert {fate.value: outcome.of(fate) for fate in Fate if outcome.of(fate)} == fates
    assert outcome.errors == []
    assert list(segments.tags()) == tags


def test_an_import_begins_no_sequence_unless_told_to(app: Flask) -> None:
    steps = [Mail(subject="One", preheader="", body="Hello", delay_days=0)]
    sequences.publish("welcome", "Welcome", steps, trigger="confirmed")
    read(f"{ADA},,,,2025-05-01,Shopify\n")
    assert walks.active(person(ADA).id) == []
    read("ben@example.com,,,,2025-05-01,Shopify\n", start="welcome")
    assert len(walks.active(person("ben@example.com").id)) == 1
    with pytest.raises(LookupError):
        read("dan@example.com,,,,2025-05-01,Shopify\n", start="nonsense")


def test_a_dry_run_counts_and_changes_nothing(app: Flask) -> None:
    outcome = read(f"{ADA},,,,2025-05-01,Shopify\nben@example.com,,,,,\n", dry_run=True)
    assert (outcome.confirmed, outcome.asked) == (1, 1)
    with db.reading() as session:
        for table in (Subscriber, Enrolment):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_lines_with_errors_are_named_and_the_others_taken(app: Flask) -> None:
    outcome = read(
        f"nonsense,,,,,\n{ADA},,,,never,Shopify\nben@example.com,,,,2099-01-01,x\n,,,,,\n"
    )
    assert [error.split(":")[0] for error in outcome.errors] == [
        "line 2",
        "line 3",
        "line 4",
        "line 5",
    ]
    with pytest.raises(ValueError, match="email"):
        imports.read(StringIO("name\nAda\n"), origin="x")


def test_what_is_exported_can_be_imported(app: Flask, join: Join) -> None:
    join(ADA, name="Ada")
    file = StringIO()
    assert exports.write(file) == 1
    exported = file.getvalue()
    personal_data.erase(person(ADA).public_id)
    assert exported.startswith(HEADER.strip())
    assert imports.read(StringIO(exported), origin="x").suppressed == 1


def test_an_export_holds_no_formula_and_brings_back_who_was_in_it(app: Flask, join: Join) -> None:
    address = "+ada@example.com"
    join(address, name="=HYPERLINK(1)")
    file = StringIO()
    exports.write(file)
    cells = next(csv.DictReader(StringIO(file.getvalue())))
    assert (cells["email"], cells["name"]) == (f"'{address}", "'=HYPERLINK(1)")
    assert imports.read(StringIO(file.getvalue()), origin="x").already == 1


def test_the_commands_do_what_the_readme_says(app: Flask, tmp_path: Path, join: Join) -> None:
    run = app.test_cli_runner().invoke
    join(ADA)
    letter = tmp_path / "letter.md"
    letter.write_text("Hello {{ name }},\n\nnews.")
    drafted = run(args=["newsletter", "draft", "--subject", "News", "--body", str(letter)])
    number = drafted.output.strip()
    assert number.isdigit()
    assert run(args=["newsletter", "send", number, "--at", "2099-01-01T09:00"]).exit_code == 0
    assert run(args=["newsletter", "pause", number]).exit_code == 1
    assert run(args=["newsletter", "cancel", number]).exit_code == 0
    number = run(
        args=["newsletter", "draft", "--subject", "News", "--body", str(letter)]
    ).output.strip()
    for verb in ("send", "pause", "resume"):
        assert run(args=["newsletter", verb, number]).exit_code == 0, verb
    status = json.loads(run(args=["newsletter", "status", number, "--json"]).output)
    assert (status["audience"], status["pending"], status["state"]) == (1, 1, "sending")
    assert "audience 1 = accepted 0" in run(args=["newsletter", "status", number]).output
    assert run(args=["newsletter", "status", "99"]).exit_code == 1
    people = tmp_path / "people.csv"
    people.write_text(HEADER + "ben@example.com,,,,2025-05-01,Shopify\n")
    assert "1 confirmed" in run(args=["subscribers", "import", str(people), "--dry-run"]).output
    assert "1 confirmed" in run(args=["subscribers", "import", str(people)]).output
    assert "ben@example.com" in run(args=["subscribers", "export"]).output
    assert letters.find(mailing.ISSUE)
