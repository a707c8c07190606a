"""Where the parts of this repository are: paths that more than one room would else compose."""

from __future__ import annotations

from conf.target import REPOSITORY

PIPELINES = REPOSITORY / "aml_pipelines"
SCHEDULES = PIPELINES / "schedules"
ENDPOINTS = PIPELINES / "endpoints"
ASSETS = PIPELINES / "assets"
COMPONENTS = REPOSITORY / "components"
ENVIRONMENTS = REPOSITORY / "environments"
LOCK = REPOSITORY / "requirements.lock"
