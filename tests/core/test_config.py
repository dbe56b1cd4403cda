"""Settings: their defaults, and one clear line for each wrong one."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from core import config
from core.environment import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def load(tmp_path: Path, **environ: str) -> config.Config:
    return config.load({"DATA_DIR": str(tmp_path), **environ})


def test_without_any_setting_the_stand_ins_take_the_next_ports(tmp_path: Path) -> None:
    chosen = load(tmp_path, PORT="9100")
    assert chosen.site_url == "http://localhost:9100"
    assert chosen.stripe_api_base == chosen.simulator_url == "http://127.0.0.1:9101"
    assert chosen.mailbox_url == "http://127.0.0.1:9102"
    assert (chosen.mail.server, chosen.mail.port) == ("127.0.0.1", 9103)
    assert chosen.database_url == f"sqlite:///{tmp_path}/shop.sqlite3"


def test_generated_secrets_are_kept_and_only_their_owner_may_read_them(tmp_path: Path) -> None:
    first = load(tmp_path)
    assert load(tmp_path).secret_keys == first.secret_keys
    assert load(tmp_path).stripe_webhook_secrets == first.stripe_webhook_secrets
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_with_a_key_of_stripe_s_own_no_simulator_stands_in(tmp_path: Path) -> None:
    chosen = load(tmp_path, STRIPE_SECRET_KEY="rk_test_x", STRIPE_WEBHOOK_SECRET="whsec_a,whsec_b")
    assert chosen.simulator_url is None
    assert chosen.stripe_api_base is None
    assert chosen.stripe_webhook_secrets == ("whsec_a", "whsec_b")


def test_postgresql_is_reached_through_psycopg(tmp_path: Path) -> None:
    url = load(tmp_path, DATABASE_URL="postgresql://ada@db/shop").database_url
    assert url == "postgresql+psycopg://ada@db/shop"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("WEB_WORKERS", "-1"),
        ("TRUSTED_PROXIES", "all"),
        ("SITE_URL", "shop.example"),
        ("SITE_URL", "http://shop.example:eighty"),
        ("SITE_URL", "http://[shop.example"),
        ("SITE_URL", "https://shop.example/?x=1"),
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_URL", "postgresql://shop@host:port/shop"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_URL", "redis://localhost:port"),
        ("MAIL_DEFAULT_SENDER", "hello"),
        ("MAIL_BOUNCE_MAILBOX", "imaps://[mail"),
        ("STRIPE_SECRET_KEY", "pk_live_x"),
        ("STRIPE_API_BASE", "localhost:1"),
        ("MAIL_RATE", "0"),
        ("MAIL_WARM_UP", "soon"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("SECRET_KEY", "short"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{name}: "):
        load(tmp_path, **{name: value})


def test_a_stripe_key_without_a_webhook_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^STRIPE_WEBHOOK_SECRET: "):
        load(tmp_path, STRIPE_SECRET_KEY="sk_test_x")


def test_in_production_a_generated_secret_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^SECRET_KEY: "):
        load(tmp_path, SITE_URL="https://shop.example")
    assert load(tmp_path, SITE_URL="https://shop.example", SECRET_KEY="k" * 32).secure


def test_the_command_line_answers_a_wrong_setting_with_one_line_and_status_2(
    tmp_path: Path,
) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "migrate"],
        cwd=ROOT,
        env={"DATA_DIR": str(tmp_path), "PORT": "eighty", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 2
    assert answer.stderr.splitlines() == [
        "PORT: must be a whole number from 1 to 65532, not 'eighty'"
    ]
