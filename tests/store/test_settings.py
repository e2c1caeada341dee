"""What the environment says, and what of it is refused, in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from inventory.store.settings import Environment, SettingRefused, Settings

# environment, one setting a word | the sentence holds
REFUSED = """
    ENV=staging                                   | 'staging': nothing was started. Set it to one of
    TEST_SEED=1                                   | only with CELLCUSTODY_ENV=test, and this is production
    TEST_NOW_FILE=/now                            | TEST_NOW_FILE is accepted only with
    ENV=demo TEST_SEED=1                          | TEST_SEED is accepted only with
    ENV=demo TEST_SEED_FILE=/absent               | TEST_SEED_FILE is accepted only with
    DATABASE_URL=sqlite:///a DATABASE_URL_FILE=/b | DATABASE_URL and CELLCUSTODY_DATABASE_URL_FILE are both
    DATABASE_URL_FILE=/absent                     | _FILE names /absent, which gives no value (FileNotFound
    DATABASE_URL=mysql://root:secret@h/d          | DATABASE_URL names no database that can be used
    DATABASE_URL=sqlite:///                       | DATABASE_URL names no database that can be used
    DATABASE_URL=sqlite://study.sqlite            | DATABASE_URL names no database that can be used
    DATABASE_OWNER_URL=sqlite:///a                | DATABASE_OWNER_URL names no database that can be used
    DATABASE_URL=postgresql://a:secret/word@127.0.0.1/d | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:b@secret:word@h/d | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:b?secret@h/d      | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:b#secret@h/d      | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:secret%00@h/d     | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:secret@[::1:5432/x | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:secret@h:99999/d  | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:secret@h:0/d      | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:secret@h1,,h2/d   | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:secret@h..x/d     | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a@/d?host=/s&port=secret | DATABASE_URL names no database that can be used
    DATABASE_URL=postgresql://a:secret@h/d?host=x:y | DATABASE_URL names no database that can be used
    DATABASE_OWNER_URL=postgresql://o:secret/w@h/d | Write postgresql://USER:PASSWORD@HOST:PORT/NAME, every / :
    DATABSE_URL=sqlite:///secret                  | _DATABSE_URL is no setting: nothing was started. The nearest
    HOEM=/srv                                     | The nearest one is CELLCUSTODY_HOME. Correct it, or unset it.
    ENVI=test                                     | The nearest one is CELLCUSTODY_ENV.
    DATABASE_OWNER_URL_FIL=/a                     | The nearest one is CELLCUSTODY_DATABASE_OWNER_URL_FILE.
    TEST_NOW_FILE_FILE=/a                         | The nearest one is CELLCUSTODY_TEST_NOW_FILE.
    XYZ=1                                         | CELLCUSTODY_XYZ is no setting
"""
ROWS = [[cell.strip() for cell in line.split("|", 1)] for line in REFUSED.strip().splitlines()]


def read(words: str = "") -> Settings:
    return Settings.from_environment(dict(f"CELLCUSTODY_{word}".split("=", 1) for word in words.split()))


@pytest.mark.parametrize(("words", "sentence"), ROWS)
def test_a_setting_that_cannot_be_used_is_refused_in_a_sentence(words, sentence):
    with pytest.raises(SettingRefused) as refused:
        read(words)
    assert sentence in str(refused.value)
    assert "nothing was started" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_without_any_setting_it_is_production_on_sqlite_under_var():
    settings = read()
    assert settings == Settings(
        environment=Environment.PRODUCTION,
        home=Path("var"),
        keys=Path("var/keys"),
        database_url="sqlite:///var/cellcustody.sqlite",
    )
    assert settings.sqlite_path == Path("var/cellcustody.sqlite")


def test_everything_else_follows_the_home():
    settings = read("HOME=/srv/study")
    assert settings.keys == Path("/srv/study/keys")
    assert settings.sqlite_path == Path("/srv/study/cellcustody.sqlite")


def test_an_empty_value_counts_as_not_set():
    assert read("ENV= HOME= DATABASE_URL= TEST_SEED= TEST_NOW_FILE= HOEM=") == read()


def test_what_does_not_begin_with_our_prefix_is_none_of_our_business():
    assert Settings.from_environment({"CELLCUSTODY": "x", "XCELLCUSTODY_HOEM": "x", "PATH": "/bin"}) == read()


def test_postgresql_has_no_file():
    settings = read("DATABASE_URL=postgresql://app@h/d DATABASE_OWNER_URL=postgresql://owner@h/d")
    assert settings.sqlite_path is None
    assert settings.database_owner_url == "postgresql://owner@h/d"


SOUND = """
    postgresql:// postgresql:///d postgresql://a@/d?host=/run/my:sockets&port=5433 postgresql://a@%2Frun%2Fsockets/d
    postgresql://a:p%2Fw%40@h1:5432,h2:5433/d?sslmode=require postgresql://a@[::1]:5432/d postgresql://a@[fe80::1]/d
    postgresql://a@h:/d postgresql://a:é@bücher.example/d postgresql://a@db.example./d
"""


@pytest.mark.parametrize("url", SOUND.split())
def test_a_url_that_the_driver_reads_is_a_setting(url):
    assert read(f"DATABASE_URL={url}").database_url == url
    assert read(f"DATABASE_OWNER_URL={url}").database_owner_url == url


def test_the_test_environment_may_have_a_clock_file_and_a_seed():
    settings = read("ENV=test TEST_NOW_FILE=/now TEST_SEED=1")
    assert (settings.test_now_file, settings.test_seed) == (Path("/now"), "1")


def test_a_value_may_stand_in_a_file_with_a_newline_after_it(tmp_path):
    (tmp_path / "url").write_text("postgresql://app:p w@h/d\n")
    assert read(f"DATABASE_URL_FILE={tmp_path / 'url'}").database_url == "postgresql://app:p w@h/d"


def test_the_mark_that_an_editor_begins_a_file_with_is_no_part_of_the_value(tmp_path):
    (tmp_path / "env").write_bytes(b"\xef\xbb\xbftest\r\n")
    assert read(f"ENV_FILE={tmp_path / 'env'}").environment is Environment.TEST


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "url").write_text("\n")
    with pytest.raises(SettingRefused, match="it is empty"):
        read(f"DATABASE_URL_FILE={tmp_path / 'url'}")


def test_settings_do_not_show_their_secrets():
    shown = repr(read("ENV=test TEST_SEED=secret DATABASE_URL=postgresql://a:secret@h/d"))
    assert "secret" not in shown
