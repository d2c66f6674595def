from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.asking import Client
    from tests.conftest import Start

_ASKED: dict[str, object] = {"level": "campaign", "fields": "campaign_id,spend"}


def _submit(client: Client, **params: object) -> str:
    run_id = client.post(f"{client.account}/insights", **{**_ASKED, **params}).json()[
        "report_run_id"
    ]
    assert isinstance(run_id, str)
    return run_id


def _fault(client: Client, job: object, **match: object) -> None:
    client.sandbox.add_fault({"match": match, "times": None, "answer": {"job": job}})


def test_a_job_that_takes_no_time(shared: Client) -> None:
    run = _submit(shared)
    status = shared.get(run).json()
    assert status.keys() == {
        "id",
        "account_id",
        "time_ref",
        "time_completed",
        "async_status",
        "async_percent_completion",
    }
    assert status["id"] == run
    assert status["async_status"] == "Job Completed"
    assert isinstance(status["time_ref"], int)
    assert shared.rows(f"{run}/insights", limit=1) == shared.rows(
        f"{shared.account}/insights", **_ASKED
    )


def test_the_course_of_a_job(start: Start) -> None:
    client = start(job_seconds=100)
    run = _submit(client)
    seen = []
    for _ in range(13):
        status = client.get(run).json()
        seen.append((status["async_status"], status["async_percent_completion"]))
        ready = status["async_status"] == "Job Completed"
        assert (client.get(f"{run}/insights").json() != {"data": []}) is ready
        client.sandbox.advance(9)
    order = ["Job Not Started", "Job Started", "Job Running", "Job Completed"]
    names = [name for name, _ in seen]
    assert sorted(names, key=order.index) == names
    assert set(names) == set(order)
    assert ("Job Running", 100) in seen
    percents = [percent for _, percent in seen]
    assert percents == sorted(percents)


def test_polls_select_fields(shared: Client) -> None:
    run = _submit(shared)
    fields = "async_status,is_running,date_start,error_code"
    assert shared.get(f"{run}/", fields=fields).json() == {
        "id": run,
        "async_status": "Job Completed",
        "is_running": False,
    }
    assert shared.error(run, fields="colour")["message"].endswith("on node type (AdReportRun)")
    assert shared.error(f"{run}/ads")["code"] == 2500


def test_jobs_on_lesser_nodes_and_by_get(shared: Client) -> None:
    campaign = shared.rows(f"{shared.account}/campaigns")[0]["id"]
    run = shared.post(f"{campaign}/insights", level="ad", fields="ad_id").json()["report_run_id"]
    assert shared.rows(f"{run}/insights") == shared.rows(
        f"{campaign}/insights", level="ad", fields="ad_id"
    )
    exported = shared.get(f"{shared.account}/insights", export_format="csv").json()
    assert exported.keys() == {"report_run_id"}


def test_opt_in_breakdowns_have_rows_in_jobs(shared: Client) -> None:
    run = _submit(shared, breakdowns="publisher_platform,impression_device")
    assert shared.rows(f"{run}/insights")


def test_a_job_fails(client: Client) -> None:
    _fault(client, {"outcome": "failed", "error_code": -3, "error_subcode": 1504045})
    run = _submit(client)
    status = client.get(run).json()
    assert status["async_status"] == "Job Failed"
    assert (status["async_percent_completion"], status["error_code"]) == (0, -3)
    assert status["error_subcode"] == 1504045
    assert status["error_message"]
    assert client.get(f"{run}/insights").json() == {"data": []}


def test_a_job_is_skipped(client: Client) -> None:
    _fault(client, "skipped")
    assert client.get(_submit(client)).json()["async_status"] == "Job Skipped"


@pytest.mark.parametrize("detail", [{}, {"percent": 57}])
def test_a_job_is_stuck(start: Start, detail: dict[str, int]) -> None:
    client = start(job_seconds=10)
    _fault(client, {"outcome": "stuck", **detail})
    run = _submit(client)
    client.sandbox.advance(100_000)
    status = client.get(run).json()
    assert (status["async_status"], status["async_percent_completion"]) == (
        "Job Running",
        detail.get("percent", 0),
    )


def test_a_job_is_at_100_percent_before_it_is_done(client: Client) -> None:
    _fault(client, {"outcome": "running_100", "polls": 3})
    run = _submit(client)
    seen = [client.get(run).json() for _ in range(4)]
    assert [s["async_status"] for s in seen] == ["Job Running"] * 3 + ["Job Completed"]
    assert {s["async_percent_completion"] for s in seen} == {100}


def test_a_job_is_not_known_at_first(client: Client) -> None:
    _fault(client, {"outcome": "late_visible", "polls": 2})
    run = _submit(client)
    assert [client.get(run).status_code for _ in range(3)] == [400, 400, 200]


@pytest.mark.parametrize(
    ("outcome", "poll", "code", "subcode"),
    [("lost", 400, 100, 33), ("expired", 200, 100, 33), ("unreadable", 200, 2601, 1815107)],
)
def test_results_that_cannot_be_had(
    client: Client, outcome: str, poll: int, code: int, subcode: int
) -> None:
    _fault(client, outcome)
    run = _submit(client)
    assert client.get(run).status_code == poll
    error = client.error(f"{run}/insights")
    assert (error["code"], error["error_subcode"]) == (code, subcode)


def test_results_that_can_be_had_at_the_third_try(client: Client) -> None:
    _fault(client, {"outcome": "unreadable", "reads": 2})
    run = _submit(client)
    assert [client.get(f"{run}/insights").status_code for _ in range(3)] == [400, 400, 200]


def test_a_running_job_can_be_made_to_fail(start: Start) -> None:
    client = start(job_seconds=100)
    run = _submit(client)
    _fault(client, "failed", stage="poll")
    client.sandbox.advance(101)
    assert client.get(run).json()["async_status"] == "Job Failed"


def test_meta_forgets_a_job_after_30_days(client: Client) -> None:
    run = _submit(client)
    client.sandbox.advance(29 * 86_400)
    assert client.get(run).status_code == 200
    client.sandbox.advance(2 * 86_400)
    assert client.error(run)["error_subcode"] == 33
    assert client.error(f"{run}/insights")["error_subcode"] == 33


def test_jobs_have_ids_of_their_own(shared: Client) -> None:
    runs = {_submit(shared) for _ in range(5)}
    assert len(runs) == 5
    assert all(len(run) == 18 for run in runs)
