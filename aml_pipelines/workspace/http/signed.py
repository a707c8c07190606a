"""Signs names for links that need no token, by a key that ends with the process."""

from __future__ import annotations

import secrets
from hashlib import sha256

from itsdangerous import Signer


class LinkSigner:
    """Signs the names in a link; links of another `purpose` have other signatures."""

    def __init__(self, purpose: str) -> None:
        self._signer = Signer(secrets.token_bytes(32), salt=purpose, digest_method=sha256)

    def signature(self, *names: str) -> str:
        return self._signer.get_signature("\n".join(names)).decode()

    def is_right(self, signature: str, *names: str) -> bool:
        return self._signer.verify_signature("\n".join(names).encode(), signature.encode())
