"""Wrong configurations as data: each with the sentence that it must be met with."""

from __future__ import annotations

from typing import Any

TOKEN = "made-up-token"
HOURLY = "hourly_stats_aggregated_by_advertiser_time_zone"


def report(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - what a file may hold
    return {"insights_reports": [{"name": "mine", **more}]}


WRONG: list[tuple[dict[str, Any], str]] = [
    # Names.
    (
        {"acount_ids": ["1"]},
        "Settings: there is no setting `acount_ids`. Did you mean `account_ids`?",
    ),
    ({"token": "x"}, "Settings: there is no setting `token`. Known: "),
    (report(levl="ad"), "Report 'mine': there is no setting `levl`. Did you mean `level`?"),
    (
        report(nope=1),
        "Report 'mine': there is no setting `nope`. Known: action_attribution_windows",
    ),
    ({"insights_reports": [{"level": "ad"}]}, "`insights_reports[0]`: `name` is missing. Set it."),
    # Types.
    ({"account_ids": "1,2"}, "`account_ids` is '1,2', and must be of type array."),
    ({"account_ids": [None]}, "`account_ids[0]` is empty. Set it."),
    ({"account_ids": [True]}, "`account_ids[0]` is true, and must be of type string or integer."),
    (
        {"account_ids": [["1"]]},
        "`account_ids[0]` is a list, and must be of type string or integer.",
    ),
    ({"include_deleted": "yes"}, "`include_deleted` is 'yes', and must be of type boolean."),
    ({"max_concurrency": "8"}, "`max_concurrency` is '8', and must be of type integer."),
    ({"max_concurrency": True}, "`max_concurrency` is true, and must be of type integer."),
    ({"insights_window_days": 1.5}, "`insights_window_days` is 1.5, and must be of type integer."),
    ({"request_timeout": "60s"}, "`request_timeout` is '60s', and must be of type number."),
    ({"start_date": 20260131}, "`start_date` is 20260131, and must be of type string."),
    ({"insights_mode": 5}, "`insights_mode` is 5, and must be of type string."),
    (
        {"insights_reports": {"name": "x"}},
        "`insights_reports` is an object, and must be of type array.",
    ),
    ({"insights_reports": ["x"]}, "`insights_reports[0]` is 'x', and must be of type object."),
    (
        {"insights_reports": [{"name": 5}]},
        "`insights_reports[0].name` is 5, and must be of type string.",
    ),
    (report(fields="spend"), "Report 'mine': `fields` is 'spend', and must be of type array."),
    (report(level=5), "Report 'mine': `level` is 5, and must be of type string."),
    (report(breakdowns=[5]), "Report 'mine': `breakdowns[0]` is 5, and must be of type string."),
    (report(filtering=["x"]), "Report 'mine': `filtering[0]` is 'x', and must be of type object."),
    # Choices and bounds.
    ({"insights_mode": "fast"}, "`insights_mode` is 'fast'. Choose one of: auto, async, sync."),
    ({"on_account_error": "stop"}, "`on_account_error` is 'stop'. Choose one of: skip, fail."),
    (
        report(level="adgroup"),
        "Report 'mine': `level` is 'adgroup'. Choose one of: ad, adset, campaign, account.",
    ),
    ({"insights_lookback_days": -1}, "`insights_lookback_days` is -1, and must be 0 at least."),
    ({"insights_window_days": 0}, "`insights_window_days` is 0, and must be 1 at least."),
    ({"insights_window_days": 91}, "`insights_window_days` is 91, and must be 90 at most."),
    ({"max_concurrency": 0}, "`max_concurrency` is 0, and must be 1 at least."),
    ({"max_concurrency": 65}, "`max_concurrency` is 65, and must be 64 at most."),
    ({"page_size": 0}, "`page_size` is 0, and must be 1 at least."),
    ({"page_size": 10**6}, "`page_size` is 1000000, and must be 5000 at most."),
    ({"request_timeout": 0}, "`request_timeout` is 0, and must be above 0."),
    ({"max_retry_seconds": -0.5}, "`max_retry_seconds` is -0.5, and must be 0 at least."),
    (report(lookback_days=-1), "Report 'mine': `lookback_days` is -1, and must be 0 at least."),
    # The token.
    ({"access_token": ""}, "`access_token` is empty or holds white space. Copy it again, whole."),
    (
        {"access_token": "a b"},
        "`access_token` is empty or holds white space. Copy it again, whole.",
    ),
    (
        {"access_token": "ab\n"},
        "`access_token` is empty or holds white space. Copy it again, whole.",
    ),
    ({"access_token": None}, "`access_token` is empty. Set it."),
    (
        {"access_token": 5},
        "`access_token` is a secret of another type, and must be of type string.",
    ),
    (
        {"app_secret": ["x"]},
        "`app_secret` is a secret of another type, and must be of type string.",
    ),
    ({"app_secret": "a\tb"}, "`app_secret` is empty or holds white space. Copy it again, whole."),
    # Accounts and addresses.
    ({"account_ids": ["act_x"]}, "`account_ids` holds 'act_x'. An account id is digits, with or"),
    ({"account_ids": [""]}, "`account_ids` holds ''. An account id is digits, with or"),
    (
        {"account_ids": ["1", "act_act_1"]},
        "`account_ids` holds 'act_act_1'. An account id is digits",
    ),
    ({"account_ids": ["١٢٣"]}, "`account_ids` holds '١٢٣'. An account id is digits"),
    ({"account_ids": [-5]}, "`account_ids` holds -5. An account id is digits"),
    (
        {"api_version": "v3.0"},
        "`api_version` is 'v3.0', which this tap has no table for. Set one of: v",
    ),
    (
        {"api_version": "26.0"},
        "`api_version` is '26.0', which this tap has no table for. Set one of: v",
    ),
    ({"api_url": "http://graph.example.com"}, "`api_url` 'http://graph.example.com' is not https"),
    ({"api_url": "graph.facebook.com"}, "`api_url` 'graph.facebook.com' is no http(s) address"),
    ({"api_url": "https://me@example.com"}, "`api_url` holds a user, a query, a fragment or white"),
    # Days.
    ({"start_date": "tomorrow"}, "`start_date` is 'tomorrow'. Write a day as 2026-01-31."),
    ({"start_date": ""}, "`start_date` is ''. Write a day as 2026-01-31."),
    ({"start_date": "2026-02-30"}, "`start_date` is '2026-02-30'. Write a day as 2026-01-31."),
    ({"start_date": "31.01.2026"}, "`start_date` is '31.01.2026'. Write a day as 2026-01-31."),
    ({"end_date": "2026-01-31Tea"}, "`end_date` is '2026-01-31Tea'. Write a day as 2026-01-31."),
    (
        {"start_date": "2026-11-23"},
        "`start_date` is 2026-11-23, in the future. Choose today or earlier.",
    ),
    (
        {"start_date": "2023-10-21"},
        "`start_date` is 2023-10-21, and Meta keeps 37 months. Choose 2023-10-23 or later.",
    ),
    (
        {"end_date": "2020-01-01"},
        "`end_date` is 2020-01-01, and Meta keeps 37 months. Choose 2023-10-23 or later.",
    ),
    (
        {"start_date": "2026-05-01", "end_date": "2026-04-30"},
        "`start_date` 2026-05-01 is after `end_date` 2026-04-30. Swap or correct them.",
    ),
    (
        {"end_date": "2025-08-27"},
        "`end_date` is 2025-08-27, and without `start_date` the first day is 2025-08-28. Set",
    ),
    (
        report(start_date="soon"),
        "Report 'mine': `start_date` is 'soon'. Write a day as 2026-01-31.",
    ),
    (report(start_date="2027-01-01"), "Report 'mine': `start_date` is 2027-01-01, in the future."),
    (
        report(start_date="2020-01-01"),
        "Report 'mine': `start_date` is 2020-01-01, and Meta keeps 37",
    ),
    (
        {"end_date": "2026-04-30", **report(start_date="2026-05-01")},
        "Report 'mine': `start_date` 2026-05-01 is after `end_date` 2026-04-30. Swap or",
    ),
    # Reports.
    (
        {"insights_reports": [{"name": "Mine"}]},
        "Report 'Mine': `name` is 'Mine'. Begin with a lower",
    ),
    ({"insights_reports": [{"name": "2nd"}]}, "Report '2nd': `name` is '2nd'. Begin with a lower"),
    ({"insights_reports": [{"name": "a-b"}]}, "Report 'a-b': `name` is 'a-b'. Begin with a lower"),
    (
        {"insights_reports": [{"name": "ab\n"}]},
        r"Report 'ab\n': `name` is 'ab\n'. Begin with a lower",
    ),
    (
        {"insights_reports": [{"name": "campaigns"}]},
        "Report 'campaigns': another stream has its `name`.",
    ),
    ({"insights_reports": [{"name": "a"}] * 2}, "Report 'a': another stream has its `name`. Give"),
    (
        report(fields=["spent"]),
        "Report 'mine': `fields` holds 'spent', which v26.0 does not have. Did",
    ),
    (
        report(fields=["zzz"]),
        "Report 'mine': `fields` holds 'zzz', which v26.0 does not have. Remove",
    ),
    (
        report(fields=["age"]),
        "Report 'mine': `fields` holds 'age', which v26.0 does not have. It is a",
    ),
    (
        report(breakdowns=["Age"]),
        "Report 'mine': `breakdowns` holds 'Age', which v26.0 does not have.",
    ),
    (
        report(breakdowns=["spend"]),
        "Report 'mine': `breakdowns` holds 'spend', which v26.0 does not",
    ),
    (
        report(breakdowns=["dma"]),
        "Report 'mine': `breakdowns` holds 'dma', which Meta has retired. Use `comscore_market`.",
    ),
    (
        report(action_breakdowns=["device"]),
        "Report 'mine': `action_breakdowns` holds 'device', which v26.0 does not have.",
    ),
    (
        report(action_attribution_windows=["3d_click"]),
        "Report 'mine': `action_attribution_windows` holds '3d_click', which v26.0 does not have.",
    ),
    (
        report(action_attribution_windows=["7d_click", "28d_view"]),
        "Report 'mine': `action_attribution_windows` holds '28d_view', which Meta has retired. Use",
    ),
    (
        report(time_increment=0),
        "Report 'mine': `time_increment` is 0. Set a number of days from 1 to 90, or one of:",
    ),
    (report(time_increment=91), "Report 'mine': `time_increment` is 91. Set a number of days"),
    (report(time_increment=-7), "Report 'mine': `time_increment` is -7. Set a number of days"),
    (report(time_increment="daily"), "Report 'mine': `time_increment` is 'daily'. Set a number"),
    (report(time_increment="7"), "Report 'mine': `time_increment` is '7'. Set a number of days"),
    (
        report(time_increment=1.5),
        "Report 'mine': `time_increment` is 1.5, and must be of type integer or string.",
    ),
    (
        report(time_increment=[7]),
        "Report 'mine': `time_increment` is a list, and must be of type integer or string.",
    ),
    (
        report(time_increment=True),
        "Report 'mine': `time_increment` is true, and must be of type integer or string.",
    ),
    (
        report(filtering=[{"field": "ad.id", "operator": "LIKE", "value": "1"}]),
        "Report 'mine': `filtering[0].operator` is 'LIKE'. Choose one of: EQUAL, NOT_EQUAL,",
    ),
    (
        report(filtering=[{"field": "ad.id", "value": "1"}]),
        "Report 'mine': `filtering[0]`: `operator` is missing. Set it.",
    ),
    (
        report(filtering=[{"field": "ad.id", "operator": "EQUAL", "valeu": "1"}]),
        "Report 'mine': `filtering[0]`: there is no setting `valeu`. Did you mean `value`?",
    ),
    (
        report(breakdowns=[HOURLY], fields=["spend", "reach"]),
        f"Report 'mine': `fields` holds 'reach', which Meta does not tell with `{HOURLY}`. Remove",
    ),
    (
        report(breakdowns=[HOURLY], fields=["unique_clicks"]),
        f"Report 'mine': `fields` holds 'unique_clicks', which Meta does not tell with `{HOURLY}`.",
    ),
    (
        report(breakdowns=[HOURLY], fields=["spend"], start_date="2025-10-21"),
        f"Report 'mine': `start_date` is 2025-10-21 with `{HOURLY}`, and Meta keeps 13",
    ),
    (
        {"start_date": "2025-01-01", **report(breakdowns=[HOURLY], fields=["spend"])},
        f"Report 'mine': `start_date` is 2025-01-01 with `{HOURLY}`, and Meta keeps 13",
    ),
    (
        {"end_date": "2025-01-31", "start_date": "2025-01-01", **report(breakdowns=[HOURLY])},
        f"Report 'mine': `end_date` is 2025-01-31 with `{HOURLY}`, and Meta keeps 13 months.",
    ),
    # What does not go together: breakdowns,
    (
        report(breakdowns=["publisher_platform", "age"]),
        "Report 'mine': `breakdowns` holds 'publisher_platform', 'age', which Meta does not",
    ),
    (
        report(breakdowns=["age", "country", "gender"]),
        "Report 'mine': `breakdowns` holds 'age', 'country', 'gender', which Meta does not",
    ),
    (
        report(breakdowns=["country"], action_breakdowns=["action_device"], fields=["actions"]),
        "Report 'mine': `breakdowns` holds 'country' and `action_breakdowns` holds",
    ),
    (
        report(breakdowns=["title_asset", "body_asset"]),
        "Report 'mine': `breakdowns` holds 'title_asset', 'body_asset', which Meta does not",
    ),
    (
        report(breakdowns=[HOURLY, "hourly_stats_aggregated_by_audience_time_zone"]),
        f"Report 'mine': `breakdowns` holds '{HOURLY}', 'hourly_stats_aggregated_by_audience",
    ),
    (
        report(breakdowns=["impression_device"]),
        "Report 'mine': `breakdowns` holds 'impression_device', which Meta does not tell by",
    ),
    (
        report(breakdowns=["platform_position"], fields=["spend", "actions"]),
        "Report 'mine': `breakdowns` holds 'platform_position', which Meta does not tell by",
    ),
    # levels,
    (
        report(level="campaign", fields=["spend", "ad_name"]),
        "Report 'mine': `fields` holds 'ad_name', which Meta does not tell at level campaign.",
    ),
    (
        report(level="account", fields=["adset_id"]),
        "Report 'mine': `fields` holds 'adset_id', which Meta does not tell at level account.",
    ),
    (
        report(level="adset", fields=["quality_ranking"]),
        "Report 'mine': `fields` holds 'quality_ranking', which Meta does not tell at level adset",
    ),
    (
        report(level="account", breakdowns=["place_page_id"]),
        "Report 'mine': `breakdowns` holds 'place_page_id', which Meta does not tell at level",
    ),
    # fields,
    (
        report(breakdowns=["region"], fields=["video_p50_watched_actions"]),
        "Report 'mine': `fields` holds 'video_p50_watched_actions', which Meta does not tell with",
    ),
    (
        report(breakdowns=["frequency_value"], fields=["spend", "reach", "campaign_name"]),
        "Report 'mine': `fields` holds 'spend', and with `frequency_value` Meta tells only reach.",
    ),
    (
        report(breakdowns=["image_asset"], fields=["spend", "ctr"]),
        "Report 'mine': `fields` holds 'ctr', and with `image_asset` Meta tells only impressions,",
    ),
    (
        report(action_breakdowns=["action_device"], fields=["spend", "conversions"]),
        "Report 'mine': `action_breakdowns` holds 'action_device', and `fields` does not hold",
    ),
    # filters,
    (
        report(filtering=[{"field": "effective_status", "operator": "IN", "value": ["ACTIVE"]}]),
        "Report 'mine': `filtering[0].field` is 'effective_status', by which Meta does not",
    ),
    (
        report(filtering=[{"field": "app_id", "operator": "EQUAL", "value": "1"}]),
        "Report 'mine': `filtering[0].field` is 'app_id', by which Meta does not filter. Remove",
    ),
    # modes,
    (
        {"insights_mode": "sync", **report(breakdowns=["mmm"])},
        "Report 'mine': `breakdowns` holds 'mmm', which Meta tells by report jobs only, and",
    ),
    # days,
    (
        report(breakdowns=["country"], fields=["reach", "spend"], start_date="2025-10-21"),
        "Report 'mine': `start_date` is 2025-10-21, and with breakdowns Meta keeps 13 months of",
    ),
    (
        {"start_date": "2025-01-01", **report(breakdowns=["age"], fields=["unique_actions"])},
        "Report 'mine': `start_date` is 2025-01-01, and with breakdowns Meta keeps 13 months of",
    ),
    (
        report(breakdowns=["frequency_value"], fields=["reach"], start_date="2026-05-20"),
        "Report 'mine': `start_date` is 2026-05-20 with `frequency_value`, and Meta keeps 6",
    ),
    # and versions.
    (
        {"api_version": "v25.0", **report(fields=["messages_delivered"])},
        "Report 'mine': `fields` holds 'messages_delivered', which v25.0 does not have. Remove",
    ),
    (
        report(fields=["marketing_messages_website_purchase"]),
        "Report 'mine': `fields` holds 'marketing_messages_website_purchase', which v26.0 does",
    ),
    (
        {"api_version": "v25.0", **report(breakdowns=["zip"])},
        "Report 'mine': `breakdowns` holds 'zip', which v25.0 does not have. Remove it, or set",
    ),
    # The SDK's settings.
    ({"flattening_enabled": "x"}, "`flattening_enabled` is 'x', and must be of type boolean."),
    ({"stream_maps": 5}, "`stream_maps` is 5, and must be of type object."),
    ({"stream_maps": {"ads": 5}}, "`stream_maps.ads` is 5, which cannot stand there. Correct or"),
    ({"stream_maps": {"ads": []}}, "`stream_maps.ads` is a list, which cannot stand there."),
    ({"stream_maps": {"ads": {"x": 5}}}, "`stream_maps.ads.x` is 5, which cannot stand there."),
    (
        {"stream_maps": {"ads": {"__filter__": 5}}},
        "`stream_maps.ads.__filter__` is 5, and must be of type string.",
    ),
    (
        {"stream_maps": {"__else__": "x"}},
        "`stream_maps.__else__` is 'x', which cannot stand there.",
    ),
    ({"faker_config": {"locale": 5}}, "`faker_config.locale` is 5, which cannot stand there."),
]
