"""Recognises applications that rows of servers name as those that a sheet of applications lists."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from opportune.model.assessment import Application, Link


def by_their_ids(
    applications: Sequence[Application], links: Sequence[Link]
) -> tuple[list[Application], list[Link]]:
    """Return applications and links with each application under the id that its own sheet gives.

    A row of a server names an application by its name alone; where exactly one application of
    another id has that name, it is meant.
    """
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for one in applications:
        if one.id != one.name:
            ids[one.name.casefold()].add(one.id)
    meant = {
        one.id: next(iter(known))
        for one in applications
        if one.id == one.name and len(known := ids.get(one.name.casefold(), set())) == 1
    }
    if not meant:
        return list(applications), list(links)
    kept = [one for one in applications if not (one.id == one.name and one.id in meant)]
    pointed = [
        replace(link, target=meant[link.target])
        if link.kind == "server-application" and link.target in meant
        else link
        for link in links
    ]
    return kept, pointed
