"""Rows of a made-up warehouse, for the tests of the report."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from report.figures import Sums

MONDAY = date(2026, 11, 16)

STAR_SCHEMA = """
    create schema meta_ads;
    create table meta_ads.dim_account (
        account_id bigint, account_name text, currency text, timezone_name text,
        currency_minor_units integer
    );
    create table meta_ads.dim_campaign (campaign_id bigint, campaign_name text);
    create table meta_ads.dim_country (country_id integer, country_name text);
    create table meta_ads.dim_age_group (age_group_id integer, age_group text);
    create table meta_ads.dim_gender (gender_id integer, gender text);
    create table meta_ads.dim_action_type (
        action_type_id integer, family text, is_rollup boolean
    );
    create table meta_ads.dim_attribution_window (
        attribution_window_id integer, attribution_window_name text, sort_order integer
    );
    create table meta_ads.agg_campaign_daily (
        account_id bigint, account_name text, account_currency text, campaign_id bigint,
        campaign_name text, date_day date, received_at timestamptz, spend numeric,
        impressions bigint, clicks bigint, purchases numeric, purchase_value numeric
    );
    create table meta_ads.fact_country_metrics (
        account_currency text, country_id integer, date_id integer, spend numeric,
        impressions bigint, clicks bigint, purchases numeric, purchase_value numeric
    );
    create table meta_ads.fact_age_gender_metrics (
        account_currency text, age_group_id integer, gender_id integer, date_id integer,
        spend numeric, impressions bigint, clicks bigint, purchases numeric, purchase_value numeric
    );
    create table meta_ads.fact_action_metrics (
        account_currency text, action_type_id integer, attribution_window_id integer,
        date_id integer, actions numeric, action_value numeric
    );
    create table meta_ads.fact_budget_daily (
        account_currency text, campaign_id bigint, date_id integer, planned_spend numeric,
        spend numeric
    );
    create table meta_ads.load_validation (
        check_name text, status text, observed text, expected text, detail text
    )
"""
"""Of each table no more than the report asks for; the pipeline's test asks the tables of dbt."""


def sums(
    spend: object = None,
    *,
    value: object = None,
    purchases: object = None,
    clicks: int | None = None,
    impressions: int | None = None,
) -> Sums:
    given = {"spend": spend, "purchase_value": value, "purchases": purchases}
    money = {name: None if one is None else Decimal(str(one)) for name, one in given.items()}
    return Sums(**money, impressions=impressions, clicks=clicks)


def row(name: str, measured: Sums) -> dict[str, Any]:
    return {"currency": "USD", "name": name, **asdict(measured)}
