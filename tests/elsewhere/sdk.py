"""What a program does with Meta's own SDK. Runs in the SDK's environment, not in ours.

    python sdk.py BASE TOKEN SCENE [ARGUMENTS]

The arguments are one JSON object. What the SDK has returned is printed as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from facebook_business.adobjects.ad import Ad
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

_SCHEMA = CustomAudience.Schema


def accounts(fields: list[str]) -> object:
    """Every account that the token can read."""
    return _plain(User("me").get_ad_accounts(fields=fields))


def listing(account: str, edge: str, fields: list[str], limit: int) -> object:
    """Every object of an edge by the SDK's cursor; how many it says there are, and its calls."""
    api = FacebookAdsApi.get_default_api()
    calls = api.get_num_requests_attempted()
    cursor = getattr(AdAccount(account), f"get_{edge}")(fields=fields, params={"limit": limit})
    rows = _plain(cursor)
    return {
        "rows": rows,
        "total": cursor.total(),
        "calls": api.get_num_requests_attempted() - calls,
    }


def insights(account: str, fields: list[str], params: dict[str, Any]) -> object:
    """Synchronous Insights, page by page."""
    return _plain(AdAccount(account).get_insights(fields=fields, params=params))


def report(account: str, fields: list[str], params: dict[str, Any]) -> object:
    """A report job: begun, polled until it is done, and read."""
    job = AdAccount(account).get_insights_async(fields=fields, params=params)
    polls = []
    while True:
        job = job.api_get()
        polls.append([job["async_status"], job["async_percent_completion"]])
        if job["async_status"] == "Job Completed":
            return {"polls": polls, "rows": _plain(job.get_result(params={"limit": 50}))}


def batch(ads: list[str], fields: list[str]) -> object:
    """Ads by their ids in one request: what was found, and the errors of the others."""
    found: list[Any] = []
    failed: list[Any] = []
    calls = FacebookAdsApi.get_default_api().new_batch()
    for ad in ads:
        Ad(ad).api_get(
            fields=fields,
            batch=calls,
            success=lambda answer: found.append(answer.json()),
            failure=lambda answer: failed.append(answer.error().api_error_code()),
        )
    rounds = 0
    while calls:
        # What is left are those that Meta did not get to.
        calls, rounds = calls.execute(), rounds + 1
    return {"found": found, "failed": failed, "rounds": rounds}


def audience(account: str, name: str) -> object:
    """An audience: made, filled, emptied in part, looked at; what each step has returned."""
    made = AdAccount(account).create_custom_audience(
        params={
            "name": name,
            "subtype": CustomAudience.Subtype.custom,
            "customer_file_source": CustomAudience.CustomerFileSource.user_provided_only,
        }
    )
    this = CustomAudience(made["id"])
    keys = _SCHEMA.MultiKeySchema
    added = this.add_users(
        _SCHEMA.email_hash, [" Ann@Example.com ", "bob@example.com", "cy@example.com"]
    )
    removed = this.remove_users(_SCHEMA.email_hash, ["bob@example.com"])
    with_keys = this.add_users(
        [keys.extern_id, keys.email, keys.country],
        [["c-4", "dee@example.com", "DE"], [" ", "eve@example.com", "FR"]],
        is_raw=True,
        session={"session_id": 4711, "batch_seq": 1, "last_batch_flag": True},
    )
    of_app = this.add_users(_SCHEMA.uid, ["10012345"], app_ids=["99"])
    return {
        "id": this["id"],
        "answers": [answer.json() for answer in (added, removed, with_keys, of_app)],
        "read": _plain([this.api_get(fields=["name", "operation_status"])])[0],
        "sessions": _plain(this.get_sessions(fields=["session_id", "num_received"])),
    }


def removal(audience_id: str, people: list[str], method: str) -> object:
    """People removed: by the SDK's own method, a DELETE with them in its URL, or by POST.

    Returns the HTTP status, which the SDK takes for a success.
    """
    this = CustomAudience(audience_id)
    if method == "DELETE":
        return this.remove_users(_SCHEMA.email_hash, people).status()
    params = CustomAudience.format_params(_SCHEMA.email_hash, people)
    api = FacebookAdsApi.get_default_api()
    return api.call("POST", (audience_id, "users"), {**params, "method": "DELETE"}).status()


def events(pixel: str, at: int) -> object:
    """A purchase sent twice and a lead, as the module for the Conversions API makes them."""
    purchase = Event(
        event_name="Purchase",
        event_time=at,
        event_id="order-1",
        event_source_url="https://shop.example.com/thanks",
        action_source=ActionSource.WEBSITE,
        user_data=UserData(email=" Ann@Example.com ", phone="4915100000000", external_id="c-1"),
        custom_data=CustomData(value=12.5, currency="eur", order_id="1"),
    )
    lead = Event(
        event_name="Lead",
        event_time=at,
        action_source=ActionSource.PHONE_CALL,
        user_data=UserData(email="bob@example.com"),
    )
    sent = EventRequest(pixel_id=pixel, events=[purchase, purchase, lead], test_event_code="TEST1")
    answer = sent.execute()
    return {"received": answer.events_received, "messages": answer.messages}


def failure(account: str, fields: list[str]) -> object:
    """What the exception says of a listing that Meta refuses."""
    try:
        list(AdAccount(account).get_ads(fields=fields))
    except FacebookRequestError as error:
        return {
            "http": error.http_status(),
            "code": error.api_error_code(),
            "subcode": error.api_error_subcode(),
            "type": error.api_error_type(),
            "message": error.api_error_message(),
            "is_transient": error.api_transient_error(),
            "headers": {name.lower(): value for name, value in error.http_headers().items()},
        }
    return None


def _plain(objects: Any) -> list[Any]:  # noqa: ANN401 - whatever the SDK iterates over
    return [one.export_all_data() for one in objects]


_SCENES = (accounts, listing, insights, report, batch, audience, removal, events, failure)


def main() -> None:
    """Play one scene."""
    _, base, token, name, *given = sys.argv
    # Of the class, so that nothing of the SDK is left that would still ask Meta.
    FacebookSession.GRAPH = base
    FacebookAdsApi.init(access_token=token, crash_log=False)
    scene = next(scene for scene in _SCENES if scene.__name__ == name)
    print(json.dumps(scene(**json.loads(given[0] if given else "{}"))))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
