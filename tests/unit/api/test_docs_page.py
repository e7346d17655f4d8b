"""The page of the API's description: complete without a network, under a policy that runs it."""

import json
import re
from html.parser import HTMLParser

import httpx2 as httpx

from opportune.api.description import TAGS


class Links(HTMLParser):
    """Collects what a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [str(given[name]) for name in ("src", "href") if given.get(name)]
        self.inline += (tag == "script" and "src" not in given) or "style" in given


def test_all_that_the_page_loads_is_our_own_and_there(client: httpx.Client) -> None:
    page = client.get("/api/docs")
    links = Links()
    links.feed(page.text)
    assert len(links.found) == 5
    assert links.inline == 0
    for link in links.found:
        assert not re.match(r"\w+:|//", link)
        answer = client.get(f"/api/{link}")
        assert answer.status_code == 200, link
        assert len(answer.content) > 100, link


def test_its_policy_lets_swagger_ui_run_and_nothing_foreign(client: httpx.Client) -> None:
    policy = client.get("/api/docs").headers["content-security-policy"]
    assert "script-src" not in policy  # falls back to 'self': no inline script, no other origin
    assert "default-src 'self'" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "unsafe-inline" not in client.get("/api/healthz").headers["content-security-policy"]


def test_only_files_of_swagger_ui_are_handed_out(client: httpx.Client) -> None:
    for name in ("redoc.standalone.js", "__init__.py", "%2e%2e%2fcore.py", "x"):
        assert client.get(f"/api/docs/{name}").status_code == 404, name


def test_every_operation_has_a_tag_a_readable_name_and_problems_as_sent(
    client: httpx.Client,
) -> None:
    document = json.loads(client.get("/api/openapi.json").text)
    tags = {tag["name"] for tag in document["tags"]}
    assert tags == set(TAGS)
    names, used = set(), set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert set(operation["tags"]) <= tags, where
            used.update(operation["tags"])
            assert re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", operation["operationId"]), where
            assert list(operation["responses"]["default"]["content"]) == [
                "application/problem+json"
            ], where
            names.add(operation["operationId"])
    assert len(names) == sum(len(operations) for operations in document["paths"].values())
    assert used == tags
