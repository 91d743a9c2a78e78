"""Keys from the operating system's keyring, through the optional package ``keyring``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import KeySourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.manifest.model import KeyringItem


def read_keyring(item: KeyringItem, environ: Mapping[str, str]) -> str:  # noqa: ARG001 - the readers' shape
    """The entry's password, empty when there is none.

    Raises:
        KeySourceError: the package isn't installed, or the keyring can't be opened.
    """
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise KeySourceError(
            "reading the keyring needs the Python package keyring",
            remedy="pip install 'openclaw-reconciler[keyring]'",
        ) from None
    try:
        return keyring.get_password(item.service, item.username) or ""
    except KeyringError as error:
        raise KeySourceError(
            f"the keyring can't be opened: {type(error).__name__}",
            where=f"{item.service}/{item.username}",
            remedy="unlock it, or name another source under `from`; `keyring --list-backends` shows what is there",
        ) from None
