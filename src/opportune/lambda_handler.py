"""AWS Lambda: the application behind an API Gateway HTTP API or a function URL.

All that can be made once is made when this module is loaded: the application, the store, its
client. Nothing is connected then, so nothing in a SnapStart snapshot can be dead when it is
restored: each environment opens its own connections with its first request.
"""

import gc
import os
import random
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opportune.api.aws_lambda import Handle

LOADED_BEFORE_SNAPSHOT = (
    "opportune.analysis.engine",
    "opportune.documents.reading",
    "opportune.documents.readiness.mra",
    "opportune.documents.questionnaires.sheets",
    "pypdfium2",
    "python_calamine",
)
"""What only some requests need. In a snapshot it costs nothing; at a cold start it would."""


def register_hooks() -> bool:
    """Tell SnapStart what to do around a snapshot; False where there is no SnapStart."""
    try:
        hooks = import_module("snapshot_restore_py")  # a part of Lambda's own Python
    except ImportError:
        return False
    hooks.register_before_snapshot(_before_snapshot)
    hooks.register_after_restore(_after_restore)
    return True


def _before_snapshot() -> None:
    from opportune.api.deferred import complete_all

    for name in LOADED_BEFORE_SNAPSHOT:
        import_module(name)
    complete_all(application.routes)


def _after_restore() -> None:
    # Else every restored environment would draw the same pauses between its tries, all at once.
    random.seed()


def _load_fastapi() -> None:
    """Load FastAPI, but let pydantic build its 40 models of OpenAPI when they are used.

    Only /api/openapi.json needs them, and building them is a tenth of the start.
    """
    from pydantic import BaseModel

    BaseModel.model_config["defer_build"] = True
    try:
        import_module("fastapi")
    finally:
        del BaseModel.model_config["defer_build"]


def _started() -> "tuple[Any, Handle]":  # the first is an application of FastAPI
    # What is loaded stays, so looking for garbage in it again and again, which is a tenth of the
    # start, would find none.
    gc.disable()
    # pydantic would read the metadata of every package for plugins of its own; there are none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # noqa: TID251 - not a setting
    try:
        _load_fastapi()
        from opportune.api import create_app
        from opportune.api.aws_lambda import handle_with
        from opportune.settings import Settings

        app = create_app(settings=Settings.from_environment(), hosts=(), is_public=True)
        return app, handle_with(app)
    finally:
        gc.freeze()  # else the first look for garbage would go through all of it
        gc.enable()


application, handler = _started()
register_hooks()
