"""Comments on the pull request in which a command runs: GitHub's, or that of Azure DevOps.

Both say by variables of the environment which one it is, and have a token for the job.
"""

from __future__ import annotations

import json
import re
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.parse import quote

from aml_pipelines.errors import CommandFailedError
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a comment of this project's begins with: the next run of the same pull request changes it.
MARK = "<!-- aml_pipelines diff -->"
_SECONDS = 30
_GITHUB_REF = re.compile(r"refs/pull/(\d+)/")
# GitHub refuses longer comments; Azure DevOps takes 150,000 characters.
_LONGEST = 65_000
_CUT_OFF = "\n\n_The rest is left out; the job's log has it._\n"


@dataclass(frozen=True)
class _Address:
    """Where the comments of a pull request are listed and added; the token is shown nowhere."""

    url: str
    token: str = field(repr=False)
    query: str
    is_github: bool


@dataclass(frozen=True)
class PullRequest:
    """The pull request in which this command runs, and the branch that it is to be merged into."""

    base: str
    _address: _Address

    @property
    def name(self) -> str:
        return self._address.url.partition("://")[2]

    def comment(self, text: str) -> str:
        """Add a comment, or change the one that an earlier run has added; say which of both.

        Raises CommandFailedError where the system does not take it.
        """
        whole = f"{MARK}\n{text}"
        if len(whole) > _LONGEST:
            whole = whole[: _LONGEST - len(_CUT_OFF)] + _CUT_OFF
        if self._address.is_github:
            return self._on_github(whole)
        return self._on_azure(whole)

    def _on_github(self, text: str) -> str:
        listed = _ask(self._address, "GET", self._address.url)
        for each in listed:
            if each["body"].startswith(MARK):
                _ask(self._address, "PATCH", each["url"], {"body": text})
                return "changed"
        _ask(self._address, "POST", self._address.url, {"body": text})
        return "added"

    def _on_azure(self, text: str) -> str:
        url = self._address.url
        for thread in _ask(self._address, "GET", url)["value"]:
            first = (thread.get("comments") or [{}])[0]
            if str(first.get("content")).startswith(MARK):
                place = f"{url}/{thread['id']}/comments/{first['id']}"
                _ask(self._address, "PATCH", place, {"content": text})
                return "changed"
        comment = {"parentCommentId": 0, "content": text, "commentType": "text"}
        _ask(self._address, "POST", url, {"comments": [comment], "status": "closed"})
        return "added"


def pull_request(variables: Mapping[str, str]) -> PullRequest:
    """Return the pull request that variables of a job tell of.

    Raises UserError where there is none, or no token.
    """
    if "GITHUB_BASE_REF" in variables and _GITHUB_REF.match(variables.get("GITHUB_REF", "")):
        return _of_github(variables)
    if variables.get("SYSTEM_PULLREQUEST_PULLREQUESTID"):
        return _of_azure(variables)
    raise UserError(
        "this runs in no pull request of GitHub or Azure DevOps; compare with a commit: "
        "python -m aml_pipelines diff --since main"
    )


def _of_github(variables: Mapping[str, str]) -> PullRequest:
    number = _GITHUB_REF.match(variables["GITHUB_REF"])
    api = variables.get("GITHUB_API_URL", "https://api.github.com")
    place = quote(variables["GITHUB_REPOSITORY"])
    url = f"{api}/repos/{place}/issues/{number[1] if number else ''}/comments"
    token = f"Bearer {_token(variables, 'GITHUB_TOKEN')}"
    return PullRequest(
        f"origin/{variables['GITHUB_BASE_REF']}",
        _Address(url, token, "per_page=100", is_github=True),
    )


def _of_azure(variables: Mapping[str, str]) -> PullRequest:
    place = (
        f"{variables['SYSTEM_COLLECTIONURI'].rstrip('/')}/{quote(variables['SYSTEM_TEAMPROJECTID'])}"
        f"/_apis/git/repositories/{quote(variables['BUILD_REPOSITORY_ID'])}"
        f"/pullRequests/{quote(variables['SYSTEM_PULLREQUEST_PULLREQUESTID'])}/threads"
    )
    branch = variables["SYSTEM_PULLREQUEST_TARGETBRANCH"].removeprefix("refs/heads/")
    token = f"Bearer {_token(variables, 'SYSTEM_ACCESSTOKEN')}"
    return PullRequest(
        f"origin/{branch}", _Address(place, token, "api-version=7.1", is_github=False)
    )


def _token(variables: Mapping[str, str], name: str) -> str:
    if not variables.get(name):
        raise UserError(
            f"the variable {name} is not set, without which nobody may comment; give it to the step"
        )
    return variables[name]


def _ask(address: _Address, method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 # JSON
    request = urllib.request.Request(  # noqa: S310 # the address that the agent states
        f"{url}?{address.query}" if url.startswith(address.url) else url,
        data=json.dumps(body).encode() if body else None,
        method=method,
        headers={
            "Authorization": address.token,
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 # same
            return json.load(answer)
    except (URLError, OSError, ValueError) as error:
        raise CommandFailedError(
            f"{method} {url}: {error}; the job's token needs the right to comment on pull requests "
            "(GitHub: pull-requests: write; Azure DevOps: Contribute to pull requests)"
        ) from error
