"""What a good password is, and how one is kept."""

import pytest
from werkzeug.security import generate_password_hash

from crm.core.errors import DomainError
from crm.core.security import passwords
from crm.core.security.passwords import (
    LONGEST,
    NOBODY,
    SHORTEST,
    check_password,
    generate_password,
    hash_password,
    verify_password,
)


@pytest.mark.parametrize(
    "password",
    [
        "vert-lapin-92-mur", "a heron on the old quay", "Tr0ubadour&7x", "ñandú corre lejos",
        "мой пароль длинный",
    ],
)  # fmt: skip
def test_a_long_one_that_nobody_guesses_is_good(password: str) -> None:
    check_password(password, "claire", "claire.colin")


@pytest.mark.parametrize(
    "password",
    [
        "short", "elevenchars", "passwordpassword", "Password2027!", "p4ssw0rd-2027",
        "motdepasse123", "MotDePasse!2027", "azertyuiop12", "qwertyuiopasd", "abcdefghijklm",
        "mlkjhgfdsqpo", "123456789012", "aaaaaaaaaaaa", "abababababab", "202701312027",
        "administrateur1", "Comptoir2027!", "comptoircomptoir", "bonjourbonjour",
        "claire-is-here", "CLAIRE2027xyz",
        "x" * (LONGEST + 1), "correcthorsebatterystaple",
    ],
)  # fmt: skip
def test_a_known_or_near_one_is_refused(password: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_password(password, "claire", "claire.colin")
    assert list(refused.value.fields) == ["password"]


def test_a_name_of_two_letters_forbids_nothing() -> None:
    check_password("a heron on the old quay", "on", "")


def test_it_is_kept_as_scrypt_with_a_salt_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "generate_password_hash", generate_password_hash)
    kept = hash_password("a heron on the old quay")
    assert kept.startswith("scrypt:32768:8:1$")
    assert NOBODY.startswith("scrypt:32768:8:1$"), "a name that nobody has takes as long"
    assert kept != hash_password("a heron on the old quay")
    assert verify_password(kept, "a heron on the old quay")
    assert not verify_password(kept, "a heron on the new quay")


@pytest.mark.parametrize("given", ["", "\0", "\0\0\0"])
@pytest.mark.parametrize("kept", [None, "", hash_password(""), hash_password("\0")])
def test_no_password_is_never_right(kept: str | None, given: str) -> None:
    assert not verify_password(kept, given)


def test_a_made_up_one_is_good_and_new_each_time() -> None:
    made = {generate_password() for _each in range(50)}
    assert len(made) == 50
    for password in made:
        assert len(password) > SHORTEST
        check_password(password, "claire")
