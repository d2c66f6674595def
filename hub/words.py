"""What only a person can say of the plugins; all else comes from the plugins themselves."""

from __future__ import annotations

from dataclasses import dataclass

OWNER = "meta-ads"
"""The account that the repository is in, lower case: the Hub's name for this variant."""

REPOSITORY = f"https://github.com/{OWNER}/meta-ads"


@dataclass(frozen=True)
class Words:
    """The words about one plugin. Texts with several lines are Markdown."""

    label: str
    description: str
    domain_url: str
    keywords: tuple[str, ...]
    prereq: str
    settings_preamble: str
    usage: str


_SYSTEM_USER = "https://developers.facebook.com/docs/marketing-api/system-users"

WORDS = {
    "tap-meta-ads": Words(
        label="Meta Ads",
        description="Entities and Insights of Meta ad accounts"
        " (Facebook, Instagram, Messenger, WhatsApp)",
        domain_url="https://developers.facebook.com/docs/marketing-apis",
        keywords=("advertising", "api", "facebook", "instagram", "meltano_sdk"),
        prereq=f"""\
A token with the permission `ads_read`, best of a [system user]({_SYSTEM_USER}), and
`leads_retrieval` as well for the stream `leads`.
""",
        settings_preamble="""\
`access_token` is all that is needed: it reads every ad account that the token can, back to 450
days ago. `insights_reports` takes reports of your own in place of the presets.
""",
        usage=f"""\
## Columns to select

Meltano selects every column. The definition's `select` leaves out what Meta refuses to who has no
role in the account's billing or business, large columns, and reports that not everybody needs. If
your project has a `select` of its own, begin with that list.

## State

Each account has the days that are complete in the state. A run that is cut off goes on where it
stood, and an earlier `start_date` fetches the earlier days only.

More in the [README]({REPOSITORY}/tree/main/tap-meta-ads#readme).
""",
    ),
    "target-meta-ads": Words(
        label="Meta Ads",
        description="Custom Audiences and the Conversions API of Meta",
        domain_url="https://developers.facebook.com/docs/marketing-apis",
        keywords=("advertising", "api", "facebook", "instagram", "meltano_sdk", "reverse_etl"),
        prereq=f"""\
A token with the permission `ads_management`, best of a [system user]({_SYSTEM_USER}). For
audiences the account's administrator has to accept Meta's terms of Custom Audiences once.
""",
        settings_preamble="""\
`streams` says where each stream goes:

```yaml
streams:
  people:
    destination: custom_audience
    audience_name: Newsletter
  orders:
    destination: events
    pixel_id: '1234567890'
    defaults:
      action_source: website
      currency: EUR
```

`ledger_url` names the database that remembers what Meta has accepted. Keep it: without it the next
run sends everybody again.
""",
        usage=f"""\
## A first run that sends nothing

With `dry_run` the target writes the hashed payloads that it would send into `dry_run_path`, and
changes nothing at Meta.

## Rejects

A record that cannot be sent is a line in `rejects_path` with a code and a sentence, and costs no
other record. More than `max_reject_ratio` of them fail the run.

More in the [README]({REPOSITORY}/tree/main/target-meta-ads#readme).
""",
    ),
}
