"""What may stand after the `?`: a name that a route does not know is an error, as a misspelt option is anywhere."""

from __future__ import annotations

from fastapi import Request

from retoucher.edit import did_you_mean
from retoucher.server.refusals import Refused


def check_names(request: Request) -> None:
    """Refuse (422) a name in the query that the route has not declared, or one that is there twice."""
    known = {field.alias for field in request.scope["route"].dependant.query_params}
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            raise Refused(422, f"There is no '{name[:80]}' to ask for here{did_you_mean(name, known)}.", name[:80])
        if names.count(name) > 1:
            raise Refused(422, f"'{name}' is there twice.", name)
