"""Our own API, put together from what the apps bring; its OpenAPI document, and the page that shows it."""

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, re_path
from django.views.decorators.http import require_GET
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from batchadmin.accounts.api.bodies import ReadAlready
from batchadmin.accounts.api.documents import operations_of, schemas_of
from batchadmin.accounts.api.front import fronted, handlers_register, nothing_here
from batches.api import router as batches
from campaigns.api import router as campaigns
from messaging.api import router as messaging

DESCRIPTION = """Everything that Batchadmin does in bulk, for other systems.

Each request carries a token of a program: `Authorization: Bearer bat_…` (Settings > API tokens). Bodies and answers are
JSON in UTF-8. Every error is `{"error": code, "detail": words}`. Send `Idempotency-Key` with a POST that you may have
to repeat: it is done once, and answered alike for a day."""


class Api(NinjaAPI):
    """Works out its description once for each prefix: it is the same for everybody, and takes a quarter of a second."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The OpenAPI document; nobody may change it."""
        return self._described(self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)

    @cache  # noqa: B019 (there is one of it, for as long as the process lives)
    def _described(self, path_prefix: str) -> OpenAPISchema:
        return super().get_openapi_schema(path_prefix=path_prefix)


api = Api(
    title="Batchadmin",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    docs_decorator=require_GET,
    parser=ReadAlready(),
    urls_namespace="api-v1",
)
handlers_register(api)
for router in (messaging, batches, campaigns):
    api.add_router("", router)


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document as a page, made here: it needs no script and nothing from elsewhere."""
    schema: dict[str, Any] = api.get_openapi_schema(path_params={})
    context = {
        "title": schema["info"]["title"],
        "description": schema["info"]["description"],
        "groups": operations_of(schema),
        "schemas": schemas_of(schema),
    }
    return render(request, "api/docs.html", context)


_patterns, _app, _namespace = api.urls
urlpatterns = [
    path("v1/docs", docs, name="api-docs"),
    path("v1/", (fronted(_patterns, api), _app, _namespace)),
    re_path("^v1/", nothing_here),
]
