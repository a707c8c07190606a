"""A comparison is commented on the pull request of the job, once: the next run changes it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from aml_pipelines.errors import CommandFailedError
from aml_pipelines.lineage.review_comment import MARK, pull_request
from conf.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GITHUB = {
    "GITHUB_BASE_REF": "main",
    "GITHUB_REF": "refs/pull/12/merge",
    "GITHUB_REPOSITORY": "team/lake",
    "GITHUB_TOKEN": "of-the-job",
}
AZURE = {
    "SYSTEM_PULLREQUEST_PULLREQUESTID": "12",
    "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
    "SYSTEM_TEAMPROJECTID": "project",
    "BUILD_REPOSITORY_ID": "repository",
    "SYSTEM_ACCESSTOKEN": "of-the-job",
}
ON_GITHUB = "/repos/team/lake/issues/12/comments"
ON_AZURE = "/org/project/_apis/git/repositories/repository/pullRequests/12/threads"


class Reviews(ThreadingHTTPServer):
    """The comments of one pull request, as both systems list, add and change them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comments: list[str] = ["a person's"]
        self.url = f"http://127.0.0.1:{self.server_port}"

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:  # noqa: ANN401 # JSON
        place, _, query = path.partition("?")
        if place.startswith(ON_GITHUB):
            return self._github(method, place, query, body)
        if place.startswith("/comment/"):
            assert method == "PATCH"
            self.comments[int(place.rpartition("/")[2])] = body["body"]
            return 200, {}
        if place.startswith(ON_AZURE) and query == "api-version=7.1":
            return self._azure(method, place, body)
        return 404, {}

    def _github(self, method: str, place: str, query: str, body: Any) -> tuple[int, Any]:  # noqa: ANN401 # JSON
        assert (place, query) == (ON_GITHUB, "per_page=100")
        if method == "POST":
            self.comments.append(body["body"])
            return 201, {}
        listed = [
            {"body": text, "url": f"{self.url}/comment/{n}"} for n, text in enumerate(self.comments)
        ]
        return 200, listed

    def _azure(self, method: str, place: str, body: Any) -> tuple[int, Any]:  # noqa: ANN401 # JSON
        if method == "GET":
            threads = [
                {"id": n, "comments": [{"id": 1, "content": text}]}
                for n, text in enumerate(self.comments)
            ]
            return 200, {"value": [{"id": 99}, *threads]}
        if method == "POST":
            (comment,) = body["comments"]
            assert (comment["parentCommentId"], comment["commentType"]) == (0, "text")
            self.comments.append(comment["content"])
        else:
            thread = place.removeprefix(f"{ON_AZURE}/").removesuffix("/comments/1")
            self.comments[int(thread)] = body["content"]
        return 200, {}


class _Handler(BaseHTTPRequestHandler):
    server: Reviews

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, told = (
            self.server.answer(self.command, self.path, json.loads(body or b"null"))
            if self.headers["Authorization"] == "Bearer of-the-job"
            else (403, {})
        )
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 # the library's names

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Reviews]:
    server = Reviews()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def at(server: Reviews, variables: Mapping[str, str]) -> dict[str, str]:
    addresses = {"GITHUB_API_URL": server.url, "SYSTEM_COLLECTIONURI": f"{server.url}/org/"}
    return {**variables, **addresses}


@pytest.mark.parametrize("variables", [GITHUB, AZURE], ids=["github", "azure"])
def test_a_comment_is_added_once_and_then_changed(variables: Mapping[str, str]) -> None:
    with serving() as server:
        request = pull_request(at(server, variables))
        assert request.base == "origin/main"
        assert request.comment("two rows") == "added"
        assert server.comments == ["a person's", f"{MARK}\ntwo rows"]
        assert request.comment("three rows") == "changed"
        assert server.comments == ["a person's", f"{MARK}\nthree rows"]
        request.comment("x" * 70_000)
        assert len(server.comments[1]) == 65_000
        assert server.comments[1].endswith("_The rest is left out; the job's log has it._\n")


@pytest.mark.parametrize(
    ("variables", "token"),
    [(GITHUB, "GITHUB_TOKEN"), (AZURE, "SYSTEM_ACCESSTOKEN")],
    ids=["github", "azure"],
)
def test_a_token_that_may_not_comment_is_told_and_not_shown(
    variables: Mapping[str, str], token: str
) -> None:
    with serving() as server:
        request = pull_request({**at(server, variables), token: "s3cr3t"})
        with pytest.raises(CommandFailedError, match=r"403.*needs the right to comment") as refused:
            request.comment("two rows")
        assert "s3cr3t" not in f"{refused.value} {request!r}"
        assert server.comments == ["a person's"]
        with pytest.raises(UserError, match=f"the variable {token} is not set"):
            pull_request({**at(server, variables), token: ""})


def test_outside_of_a_pull_request_another_command_is_named() -> None:
    on_push = {**GITHUB, "GITHUB_BASE_REF": "", "GITHUB_REF": "refs/heads/main"}
    for variables in ({}, on_push):
        with pytest.raises(UserError, match=r"no pull request .* diff --since main"):
            pull_request(variables)
