"""The paths of this repository's parts."""

from __future__ import annotations

from conf.target import REPOSITORY

PIPELINES = REPOSITORY / "aml_pipelines"
SCHEDULES = PIPELINES / "schedules"
ENDPOINTS = PIPELINES / "endpoints"
ASSETS = PIPELINES / "assets"
COMPONENTS = REPOSITORY / "components"
ENVIRONMENTS = REPOSITORY / "environments"
LOCK = REPOSITORY / "requirements.lock"
