"""The page for people, as a browser gets it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import requests

from meta_sandbox import DEFAULT_TOKEN
from meta_sandbox._serve.faults import parse_fault
from meta_sandbox._serve.forms import ANSWERS, rule_of

if TYPE_CHECKING:
    from tests.asking import Client
    from tests.conftest import Start

HOSTILE = """"><script>alert('1')</script><img src=x onerror=alert(2)>&amp;{{ 7 * 7 }}\u202e"""
CONTROLS = {"input", "select", "textarea"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    within: tuple[str, ...]


@dataclass
class Page(HTMLParser):
    """What a browser makes of a page: its elements and its text."""

    elements: list[Element] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes, tuple(self._open)))
        if tag not in {"meta", "input", "br"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]


def look(client: Client, path: str = "/__sandbox/") -> Page:
    return read(client.send("GET", path))


def read(response: requests.Response) -> Page:
    assert response.headers["content-type"].startswith("text/html")
    page = Page()
    page.feed(response.text)
    assert page._open == []
    return page


def fill(client: Client, action: str, **fields: object) -> requests.Response:
    """Send a form, without going where its answer leads."""
    data = {"action": action, **fields}
    return client.send("POST", "/__sandbox/", data=data, allow_redirects=False)


def leads_to(response: requests.Response) -> str:
    assert response.status_code == 303
    return response.headers["location"]


def fill_everything(client: Client, name: str) -> None:
    """Put a name wherever the page shows what somebody else wrote."""
    account = client.sandbox.world.accounts[0]
    digest = hashlib.sha256(b"a").hexdigest()
    client.get(f"{client.account}/ads", fields=name)
    client.get(f"{client.account}/{name.replace('/', '|')}")
    made = client.sandbox.add_audience(name)
    payload = {"schema": ["EMAIL", "EXTERN_ID"], "data": [[digest, name], [digest, " "]]}
    session = {"session_id": 4711, "batch_seq": 1}
    client.send("POST", f"/v26.0/{made}/users", json={"payload": payload, "session": session})
    now = int(client.sandbox.world.clock.seconds())
    event = {
        "event_name": name,
        "event_time": now,
        "action_source": "website",
        "user_data": {"em": [digest]},
    }
    body = {"data": [event], "test_event_code": name}
    assert client.send("POST", f"/v26.0/{account.pixel_id}/events", json=body).ok
    body = {"data": [{**event, "event_time": 1}]}
    assert not client.send("POST", f"/v26.0/{account.pixel_id}/events", json=body).ok
    client.sandbox.add_fault({"match": {"contains": name}, "answer": {"add_field": name}})


@pytest.mark.parametrize("path", ["/__sandbox/", "/__sandbox/received"])
def test_whatever_somebody_wrote_is_shown_and_is_no_markup(client: Client, path: str) -> None:
    harmless = look(client, path)
    fill_everything(client, HOSTILE)
    page = look(client, path)
    tags = {element.tag for element in page.elements}
    assert tags <= {element.tag for element in harmless.elements} | {
        *("table", "thead", "tbody", "tr", "th", "td", "code", "pre", "bdi", "div", "b", "h3"),
        *("span", "details", "summary", "button", "form", "select", "option", "input", "label"),
        *("ul", "li", "br"),
    }
    assert not tags & {"script", "img", "link", "iframe"}
    names = {name for element in page.elements for name in element.attributes}
    assert not [name for name in names if name.startswith("on")]
    assert page.text.count(HOSTILE) >= 2


@pytest.mark.parametrize("path", ["/__sandbox/", "/__sandbox/received"])
def test_nothing_comes_from_elsewhere_and_nothing_can(client: Client, path: str) -> None:
    fill_everything(client, "x")
    page = look(client, path)
    assert not page.all("script", "link", "img", "iframe", "object")
    for element in page.elements:
        for name in ("href", "src", "action"):
            assert re.match(r"/__sandbox|#|$", element.attributes.get(name, "")), element
    (style,) = re.findall(r"<style>(.*?)</style>", client.send("GET", path).text, re.DOTALL)
    assert not re.search(r"url\(|@import", style)
    policy = client.send("GET", path).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")


@pytest.mark.parametrize("path", ["/__sandbox/", "/__sandbox/received"])
def test_all_of_it_can_be_reached_and_read_aloud(client: Client, path: str) -> None:
    fill_everything(client, "x")
    page = look(client, path)
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(set(ids)) == len(ids)
    for link in page.all("a"):
        target = link.attributes["href"]
        assert target.startswith("/__sandbox") or target.removeprefix("#") in ids
    for control in page.all(*CONTROLS):
        assert "label" in control.within or control.attributes.get("type") == "hidden", control
    assert not [e for e in page.elements if "tabindex" in e.attributes]
    assert page.all("html")[0].attributes["lang"] == "en"
    # On a narrow screen a cell says what its column is.
    assert all("data-name" in cell.attributes for cell in page.all("td"))


def test_what_was_received_is_told(client: Client) -> None:
    fill_everything(client, "Lead")
    page = look(client)
    text = " ".join(page.text.split())
    assert "5 requests 5 calls, as Meta counts 3 failed or cut" in text
    assert "1 people in audiences 1 events counted" in text
    assert re.search(r"Lead120\d+ \d+ Normal 1 1 2 1 ", text)  # 2 rows came, 1 was invalid
    pixel = client.sandbox.world.accounts[0].pixel_id
    assert f"{pixel} Lead 1 1 1 " in text  # 1 of them refused
    assert "400 / 100" in text
    assert f"/v26.0/{client.account}/ads" in text


def test_the_truth_is_told(client: Client) -> None:
    (row,) = client.sandbox.truth_insights(
        level="account",
        account_id=client.account,
        time_increment="all_days",
        since="2026-11-13",
        until="2026-11-19",
        fields="spend,impressions",
    )
    text = " ".join(look(client).text.split())
    account = client.sandbox.world.accounts[0]
    assert f"{account.account_id} {account.zone.key} {account.currency}" in text
    assert f"{row['spend']} {row['impressions']} " in text


def test_the_made_up_token_is_there_to_copy(client: Client) -> None:
    page = look(client)
    assert DEFAULT_TOKEN in [e.attributes.get("value") for e in page.all("input")]
    (command,) = re.findall(r'curl -H "(.*?)" "(.*?)"', page.text)
    name, _, value = command[0].partition(": ")
    answer = requests.get(command[1], headers={name: value}, timeout=10)
    assert len(answer.json()["data"]) == 3


def test_a_token_that_somebody_chose_is_not_there(start: Start) -> None:
    client = start(token="EAAofAPerson")
    assert "EAAofAPerson" not in client.send("GET", "/__sandbox/").text


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["3", "2", "1"]),
        ("edge=ads", ["2", "1"]),
        ("failed=1", ["3", "2"]),
        ("edge=ads&failed=1", ["2"]),
        ("account=1", []),
        ("edge=adsets", []),
    ],
)
def test_some_requests_are_shown_alone(client: Client, query: str, numbers: list[str]) -> None:
    client.get(f"{client.account}/ads")
    client.get(f"{client.account}/ads", fields="colour")
    client.get("nobody")
    page = client.send("GET", f"/__sandbox/?{query}").text
    assert re.findall(r'data-name="no\.">(\d+)<', page) == numbers
    assert f"Last {len(numbers)} requests" in page


@pytest.mark.parametrize(("asked", "seconds"), [("5", ["5"]), ("0", []), ("5;url=x", []), ("", [])])
def test_it_refreshes_when_asked_to(client: Client, asked: str, seconds: list[str]) -> None:
    page = look(client, f"/__sandbox/?refresh={asked}")
    found = [e.attributes["content"] for e in page.all("meta") if "http-equiv" in e.attributes]
    assert found == seconds


# Faults


@pytest.mark.parametrize("what", ANSWERS)
def test_every_answer_to_choose_is_a_fault(what: str) -> None:
    fault = parse_fault(rule_of({"what": what}))
    assert (fault.match, fault.skip, fault.times) == ({}, 0, 1)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"stage": "list", "edge": " ads "}, {"match": {"stage": "list", "edge": "ads"}}),
        ({"account_id": "12", "stage": ""}, {"match": {"account_id": "12"}}),
        ({"skip": "2", "times": "3"}, {"skip": 2, "times": 3}),
        ({"skip": "", "times": "3", "forever": "1"}, {"times": None}),
    ],
)
def test_fields_become_a_fault(fields: dict[str, str], rule: dict[str, object]) -> None:
    usual = {"match": {}, "skip": 0, "times": 1, "answer": {"kind": "html"}}
    assert rule_of({"what": "html", **fields}) == {**usual, **rule}


def test_a_fault_is_added_fires_and_is_removed(client: Client) -> None:
    where = leads_to(fill(client, "add_fault", what="html", edge="me", skip=1, times=2))
    assert where == "/__sandbox/#faults"
    leads_to(fill(client, "add_fault", what="empty", edge="ads", forever=1))
    assert [client.get("me").status_code for _ in range(4)] == [200, 502, 502, 200]
    assert client.get(f"{client.account}/ads").status_code == 500
    text = " ".join(look(client).text.split())
    assert '{"edge":"me"} {"kind":"html"} 1 of 1 2 of 2 Remove' in text
    assert '{"edge":"ads"} {"kind":"empty"} 1 of ∞ Remove' in text
    assert "3 faults fired" in text
    leads_to(fill(client, "remove_fault", number=1))
    assert [fault["number"] for fault in client.send("GET", "/__sandbox/faults").json()] == [2]
    leads_to(fill(client, "clear_faults"))
    assert client.send("GET", "/__sandbox/faults").json() == []


def test_faults_are_added_as_json(client: Client) -> None:
    rules = [{"match": {"edge": "me"}, "answer": {"kind": "html"}}, {"answer": {"kind": "empty"}}]
    leads_to(fill(client, "add_rules", rules=json.dumps(rules)))
    assert client.get("me").status_code == 502
    assert client.get("me").status_code == 500


@pytest.mark.parametrize(
    ("action", "fields", "words"),
    [
        ("add_rules", {"rules": '[{"answer": '}, "not JSON: Expecting value: line 1 column 13"),
        (
            "add_rules",
            {"rules": '[{"answer": {"kind": "reset"}}, {"answer": {"kind": "explode"}}]'},
            "Fault 2: In 'answer.kind': invalid enum value 'explode'; allowed are reset, hang",
        ),
        ("add_fault", {"what": "nothing"}, "What happens is one of throttle"),
        ("add_fault", {"what": "html", "times": "0"}, "'times' is a whole number of at least 1"),
        ("add_fault", {"what": "html", "skip": "x"}, "'skip' is a whole number of at least 0"),
        ("set_now", {"now": "lunch"}, "'lunch' is no instant such as"),
        ("advance", {"seconds": "-1"}, "'seconds' is a whole number of at least 1"),
        ("dance", {}, "An action is one of"),
    ],
)
def test_a_form_that_is_wrong_says_so_and_changes_nothing(
    client: Client, action: str, fields: dict[str, str], words: str
) -> None:
    response = fill(client, action, **fields)
    assert response.status_code == 400
    page = read(response)
    assert words in page.text
    assert [e for e in page.elements if e.attributes.get("role") == "alert"]
    # What was typed is still there.
    assert fields.get("rules", "") in page.text
    assert client.send("GET", "/__sandbox/faults").json() == []


# Clock, and what is forgotten


def clock(client: Client) -> str:
    now: Any = client.send("GET", "/__sandbox/clock").json()["now"]
    return str(now)[:16]


def test_the_clock_is_moved(client: Client) -> None:
    assert leads_to(fill(client, "set_now", now="2026-12-24T18:00:00")) == "/__sandbox/#clock"
    assert clock(client) == "2026-12-24T18:00"
    leads_to(fill(client, "advance", seconds=86_400))
    assert clock(client) == "2026-12-25T18:00"
    page = look(client)
    assert "2026-12-25 18:00:0" in page.text
    (shown,) = [e for e in page.all("input") if e.attributes.get("name") == "now"]
    assert shown.attributes["value"].startswith("2026-12-25T18:00:0")


def test_what_was_received_is_forgotten(client: Client) -> None:
    fill_everything(client, "Lead")
    leads_to(fill(client, "clear_requests"))
    assert client.sandbox.requests() == []
    leads_to(fill(client, "clear_received"))
    assert client.sandbox.events() == []
    text = " ".join(look(client).text.split())
    assert "Nobody yet." in text
    assert text.count("None yet.") == 2
