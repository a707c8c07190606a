"""The route of Azure's App Service identity endpoint, which issues tokens to jobs only."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from aml_pipelines.processes import LOOPBACK
from aml_pipelines.workspace.http.arm import ArmError
from aml_pipelines.workspace.http.identity import AUDIENCES
from aml_pipelines.workspace.served import here

routes = Blueprint("token", __name__)


@routes.get("/token")
def issue_token() -> Response:
    identity = here().identity
    secret = request.headers.get("X-IDENTITY-HEADER", "")
    if not identity.has_secret(secret):
        raise ArmError(401, "Unauthorized", "X-IDENTITY-HEADER is not this workspace's")
    resource = request.args.get("resource", "")
    # The reader of MLTables asks for tokens for the address itself at which the workspace is.
    if resource.rstrip("/") not in AUDIENCES and urlsplit(resource).hostname != LOOPBACK:
        raise ArmError(
            400, "InvalidResource", f"resource {resource!r} is unknown; there are {AUDIENCES}"
        )
    now = time.time()
    audience = resource if resource.rstrip("/") in AUDIENCES else AUDIENCES[0]
    issued = {"access_token": identity.token(audience, now), "token_type": "Bearer"}
    return jsonify({**issued, "expires_on": str(int(now) + identity.lifetime)})
