"""The identity of jobs, by which tokens are issued and checked."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jwt

from aml_pipelines.workspace.http.arm import ArmError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aml_pipelines.workspace.http.fields import JsonObject

APIS = ("https://management.azure.com", "https://ml.azure.com")
STORAGE = ("https://storage.azure.com",)
AUDIENCES = (*APIS, *STORAGE)
# As long as Azure's tokens of managed identities last.
LIFETIME_SECONDS = 24 * 3600
PRINCIPAL = "00000000-0000-0000-0000-000000000001"


@dataclass(frozen=True)
class WorkspaceIdentity:
    """The identity of all jobs: whoever knows `secret` gets tokens, which expire.

    Azure's tokens say who the caller is; these only prove that the caller is a job of this
    workspace, so that no other user of the machine may write to its registry.
    """

    secret: str
    lifetime: int = LIFETIME_SECONDS
    # Of this process: tokens end with the workspace that issued them.
    _key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    def token(self, resource: str, now: float) -> str:
        # When it was issued is left out: a clock that was set back would find it not yet valid.
        claims = {"aud": resource.rstrip("/"), "exp": int(now) + self.lifetime, "oid": PRINCIPAL}
        return jwt.encode({**claims, "tid": PRINCIPAL}, self._key, "HS256")

    def check(self, authorization: str | None, audiences: Sequence[str] = APIS) -> None:
        """Refuse with 401 a token that is missing, foreign, expired, or for none of `audiences`."""
        token = _bearer(authorization)
        try:
            # No leeway: the clock that issued the token is the one that checks it.
            jwt.decode(token, self._key, ["HS256"], audience=audiences, leeway=0)
        except jwt.ExpiredSignatureError:
            raise ArmError(401, "ExpiredAuthenticationToken", "the token is expired") from None
        except jwt.InvalidAudienceError:
            raise ArmError(
                401,
                "InvalidAuthenticationTokenAudience",
                f"the token is for another service; it must be for one of {list(audiences)}",
            ) from None
        except jwt.InvalidTokenError as error:
            raise ArmError(401, "InvalidAuthenticationToken", f"the token: {error}") from None

    def check_secret(self, authorization: str | None) -> None:
        """Refuse with 401 who has neither a token nor the secret, which a job has from the start.

        MLflow's client sends what a variable holds, and asks nobody for another token later.
        """
        if not self.has_secret(_bearer(authorization)):
            self.check(authorization)

    def has_secret(self, guess: str) -> bool:
        """Return whether `guess` is the secret, in a time that does not tell how much of it is."""
        return hmac.compare_digest(guess.encode(), self.secret.encode())


def assigned(identity: JsonObject) -> dict[str, object]:
    """Return the identity of a resource with its ids, which are those in all tokens here."""
    if not str(identity.get("type")).startswith("SystemAssigned"):
        return {**identity}
    return {**identity, "principalId": PRINCIPAL, "tenantId": PRINCIPAL}


def endpoint_audience(endpoint: str) -> str:
    """Return the audience of tokens that may score at an online endpoint, and nothing else."""
    return f"urn:azureml:onlineEndpoints:{endpoint}"


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme != "Bearer" or not token:
        raise ArmError(401, "AuthenticationFailed", "the request has no Bearer token")
    return token
