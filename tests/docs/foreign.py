"""Names in the documentation that are none of this project's, each with its reason."""

from __future__ import annotations

PERMISSION = "a permission of Meta's tokens"

FOREIGN: dict[str, dict[str, str]] = {
    # On any page.
    "": {
        "ads_read": PERMISSION,
        "ads_management": PERMISSION,
        "leads_retrieval": PERMISSION,
        "pages_manage_ads": PERMISSION,
        "pages_read_engagement": PERMISSION,
        "pages_show_list": PERMISSION,
        "appsecret_proof": "Meta's parameter that the app's secret turns on",
        "fbtrace_id": "Meta's id of an answer, for its support",
        "high_value": "an audience of the example",
        "load_method": "a setting of the SDK that does nothing here",
        "pip_url": "a key of Meltano's, of any plugin",
        "unit_test": "a kind of test of dbt's",
    },
    "docs/operations.md": {
        "development_access": "what Meta's header calls a tier",
        "standard_access": "what Meta's header calls a tier",
    },
    "docs/recipes/many-accounts.md": {"load_schema": "a key of Meltano's, of any extractor"},
}

OWN_TESTS = {"meta-graph/README.md", "meta-sandbox/README.md"}
"""Pages whose names are compared with their package by tests of the package."""
