"""Signs access to a storage account by its key, as Azure Storage describes for shared access.

https://learn.microsoft.com/rest/api/storageservices/create-account-sas
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aml_pipelines.errors import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

_VERSION = "2022-11-02"
# Blobs and files, their containers and what is in them: all that a datastore may need.
_SERVICES, _RESOURCES, _PERMITTED = "bf", "co", "rwdlcu"


def account_signature(account: str, key: str, ends: datetime) -> str:
    """Return the query that opens `account` until `ends`, which is in UTC.

    Raises RefusedError for a key that is not in base64: none of Azure's is not.
    """
    end = ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    # Begin, addresses, protocols and the scope of encryption are left open.
    signed = (account, _PERMITTED, _SERVICES, _RESOURCES, "", end, "", "", _VERSION, "")
    text = "".join(f"{part}\n" for part in signed)
    signature = hmac.digest(_decoded(account, key), text.encode(), hashlib.sha256)
    fields = {
        "sv": _VERSION,
        "sig": base64.b64encode(signature).decode(),
        "se": end,
        "srt": _RESOURCES,
        "ss": _SERVICES,
        "sp": _PERMITTED,
    }
    return f"?{urlencode(fields)}"


def _decoded(account: str, key: str) -> bytes:
    try:
        return base64.b64decode(key, validate=True)
    except binascii.Error:
        raise RefusedError(
            f"the key of account {account!r} is not in base64, so that it signs nothing; "
            "register the datastore again with the account's key"
        ) from None
