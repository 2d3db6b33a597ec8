"""The server put together: routes, the desk they work at, and the guard around them."""

from __future__ import annotations

from fastapi import Depends, FastAPI
from starlette.types import ASGIApp

from retoucher import __version__
from retoucher.edit import Load
from retoucher.server import (
    about_routes,
    answers,
    compat_routes,
    document_routes,
    edit_routes,
    folder_routes,
    page_routes,
    person_routes,
    photo_routes,
    sample_routes,
)
from retoucher.server.desk import Desk
from retoucher.server.guard import Guard
from retoucher.server.queries import check_names
from retoucher.server.settings import Settings

ROUTES = (
    about_routes,
    photo_routes,
    edit_routes,
    person_routes,
    folder_routes,
    sample_routes,
    document_routes,
)


def make(settings: Settings, load: Load | None = None) -> FastAPI:
    """The application without its guard; `app.state.desk` is what its routes work with."""
    app = routed(compat=settings.compat)
    app.state.desk = Desk(settings, load)
    app.state.assets = page_routes.assets(settings.editor)
    return app


def routed(*, compat: bool) -> FastAPI:
    """The application's routes and how it answers errors, without anything to work with."""
    app = FastAPI(
        title="Retoucher",
        version=__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    answers.install(app)
    app.include_router(page_routes.routes)  # which the page itself reads the query of
    for module in ROUTES if not compat else (*ROUTES, compat_routes):
        app.include_router(module.routes, dependencies=[Depends(check_names)])
    return app


def guarded(app: FastAPI) -> ASGIApp:
    """The application as it is served."""
    return Guard(app, app.state.desk.settings)
