"""Seal bytes with a key, for one account and one kind: the home of cryptography.

A sealed file is `GRNV`, one byte format version (1), 8 bytes key id, 12 bytes random nonce, and
AES-256-GCM of the content with its 16 bytes tag. The tag covers all of that and whose it is, so a
file that was changed, or put in the place of another account's, does not open.
"""

from __future__ import annotations

import hashlib
import os

import msgspec
from cryptography import exceptions
from cryptography.hazmat.primitives.ciphers import aead

from scraper import errors

KEY_BYTES = 32

_MAGIC = b"GRNV"
_VERSION = 1
_PREFIX = _MAGIC + bytes([_VERSION])
_ID_BYTES = 8
_NONCE_BYTES = 12
_HEADER = len(_PREFIX) + _ID_BYTES + _NONCE_BYTES
_BLOCK = 256


class Key(msgspec.Struct, frozen=True):
    """A key of 32 bytes. Its id names it without giving it away."""

    secret: bytes

    def __repr__(self) -> str:
        """Hide the key from tracebacks and logs."""
        return f"Key({self.id})"

    @property
    def id(self) -> str:
        """Return 16 hexadecimal digits that follow from the key, one way."""
        return hashlib.sha256(b"greenroom vault key id\0" + self.secret).hexdigest()[:16]


def new_key() -> Key:
    """Return a random key."""
    return Key(aead.AESGCM.generate_key(bit_length=KEY_BYTES * 8))


def seal(key: Key, account: str, kind: str, content: bytes) -> bytes:
    """Return the content sealed for this account and kind.

    It is filled up with spaces, which JSON does not mind, so that its length tells little.
    """
    header = _PREFIX + bytes.fromhex(key.id) + os.urandom(_NONCE_BYTES)
    filled = content + b" " * (-len(content) % _BLOCK)
    nonce = header[-_NONCE_BYTES:]
    return header + aead.AESGCM(key.secret).encrypt(nonce, filled, _bound(header, account, kind))


def key_id(sealed: bytes) -> str | None:
    """Return the id of the key that a sealed file names; None if this is no sealed file."""
    if len(sealed) <= _HEADER or not sealed.startswith(_PREFIX):
        return None
    return sealed[len(_PREFIX) : len(_PREFIX) + _ID_BYTES].hex()


def unseal(key: Key, account: str, kind: str, sealed: bytes) -> bytes:
    """Return the content. Raises NeedsOperator `vault_damaged` if a single bit is not as sealed."""
    header, body = sealed[:_HEADER], sealed[_HEADER:]
    if key_id(sealed) != key.id:
        raise damaged(account, kind)
    try:
        filled = aead.AESGCM(key.secret).decrypt(
            header[-_NONCE_BYTES:], body, _bound(header, account, kind)
        )
    except exceptions.InvalidTag:
        raise damaged(account, kind) from None
    return filled.rstrip(b" ")


def damaged(account: str, kind: str) -> errors.NeedsOperator:
    """Return the error for a sealed file that is not what was sealed."""
    return errors.NeedsOperator(
        "vault_damaged", f"{account}.{kind} in the vault was damaged or changed on the disk"
    )


def _bound(header: bytes, account: str, kind: str) -> bytes:
    return b"\0".join((header, kind.encode(), account.encode()))
