"""Every setting that documentation shows exists, and the plugin takes it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.docs import configs, pages
from tests.docs.known import known
from tests.docs.pages import ROOT, Fence
from tests.docs.place import ONCE, assignments, commands

FENCES = [fence for page in pages.every() for fence in page.fences]
LANGUAGES = {
    # Run by test_commands, and by tests/transform/test_star_schema.py.
    "sh",
    "sql",
    # Loaded here.
    "yaml",
    "ini",
    # Compared by the tests of their packages.
    "json",
    "python",
    # Output, and anything else that a reader does not copy.
    "text",
}
# Blocks of a folder's own README: its own tests load them.
OF_PACKAGES = ("hub/", "meta-", "tap-", "target-")


def titled(language: str) -> list[Fence]:
    return [fence for fence in FENCES if fence.language == language and fence.title]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))
    return loaded


def test_every_block_says_what_it_is() -> None:
    assert [str(fence) for fence in FENCES if fence.language not in LANGUAGES] == []
    titles = {"yaml": {"meltano.yml"}, "ini": {".env"}, "sql": {"", ONCE}, "text": {""}}
    assert [
        f"{fence}: {fence.language} {fence.title}"
        for fence in FENCES
        if fence.title not in titles.get(fence.language, {fence.title})
        # A file of the project, which test_commands writes.
        and not (fence.title.startswith("transform/") and fence.language in {"sql", "yaml"})
        and not fence.page.startswith(OF_PACKAGES)
    ] == []
    of_packages = {"json", "python"}
    assert [
        str(fence)
        for fence in FENCES
        if fence.language in of_packages and not fence.page.startswith(OF_PACKAGES)
    ] == []


@pytest.mark.parametrize(
    "fence", [one for one in titled("yaml") if one.title == "meltano.yml"], ids=str
)
def test_a_part_of_meltano_yml_fits(project: dict[str, Any], fence: Fence) -> None:
    assert configs.of_meltano(fence.text, project) == []


@pytest.mark.parametrize("fence", titled("ini"), ids=str)
def test_a_part_of_env_fits(project: dict[str, Any], fence: Fence) -> None:
    made = {
        name
        for other in titled("yaml")
        if other.page == fence.page and other.title == "meltano.yml"
        for name in configs.variables(other.text, project)
    }
    assert configs.of_environment(fence.text, project, known().variables | made) == []


COMMANDS = [
    (fence, command)
    for fence in FENCES
    if fence.language == "sh"
    for command in commands(fence.text)
    if assignments(command)[0]
]


@pytest.mark.parametrize(
    ("fence", "command"), COMMANDS, ids=[f"{fence}-{n}" for n, (fence, _) in enumerate(COMMANDS)]
)
def test_variables_in_front_of_a_command_fit(
    project: dict[str, Any], fence: Fence, command: str
) -> None:
    ours = {
        name: value
        for name, value in assignments(command)[0].items()
        if name.startswith(("TAP_META_ADS", "TARGET_META_ADS", "META_ADS"))
    }
    text = "".join(f"{name}={value}\n" for name, value in ours.items())
    assert configs.of_environment(text, project, known().variables) == [], fence


def test_a_plugin_that_inherits_has_variables_of_its_own(project: dict[str, Any]) -> None:
    text = "plugins: {extractors: [{name: tap-meta-ads--b, inherit_from: tap-meta-ads}]}"
    assert "TAP_META_ADS__B_ACCESS_TOKEN" in configs.variables(text, project)
    assert configs.variables(TAP % "page_size: 50", project) == set()


ENVIRONMENT = (
    "environments: [{name: prod, config: {plugins: {loaders: ["
    "{name: target-meta-ads, config: {streams: {x: %s}}}]}}}]"
)
TAP = "plugins: {extractors: [{name: tap-meta-ads, config: {%s}}]}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TAP % "page_size: 50", ""),
        (TAP % "page_sise: 50", "tap-meta-ads has no setting page_sise"),
        (TAP % "page_size: -5", "page_size"),
        (TAP % "insights_reports: [{name: mine, fields: [spent]}]", "spent"),
        ("plugins: {loaders: [{name: tap-meta-ads}]}", "tap-meta-ads is none of the loaders"),
        ("plugins: {extractors: [{name: tap-meta-ads, configs: {}}]}", "configs is no key"),
        ("plugin: {}", "plugin is no key"),
        (
            "plugins: {extractors: [{name: mine, inherit_from: tap-meta-ads, config: {x: 1}}]}",
            "mine has no setting x",
        ),
        ("plugins: {extractors: [{name: mine, inherit_from: tap-metaads}]}", "none of the extr"),
        ("jobs: [{name: mine, tasks: [tap-meta-ads target-jsonl]}]", "target-jsonl is no plugin"),
        ("schedules: [{name: mine, interval: '@daily', job: none}]", "no job none"),
        (
            ENVIRONMENT % "{destination: nowhere}",
            "nowhere",
        ),
    ],
)
def test_what_does_not_fit_is_told(project: dict[str, Any], text: str, said: str) -> None:
    wrong = configs.of_meltano(text, project)
    assert len(wrong) == bool(said), wrong
    assert said in "".join(wrong)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# said\nTAP_META_ADS_PAGE_SIZE=50\nTAP_META_ADS_ACCESS_TOKEN=\n", ""),
        ("TAP_META_ADS_PAGE_SISE=50", "TAP_META_ADS_PAGE_SISE is no variable"),
        ("TAP_META_ADS_PAGE_SIZE=-50", "page_size"),
        ("TARGET_META_ADS_DEFAULT_COUNTRY=Germany", "default_country"),
        ("META_ADS_PG_HOST=localhost", ""),
        ("META_ADS_PG_HORST=localhost", "META_ADS_PG_HORST is no variable"),
    ],
)
def test_variables_that_do_not_fit_are_told(project: dict[str, Any], text: str, said: str) -> None:
    wrong = configs.of_environment(text, project, known().variables)
    assert len(wrong) == bool(said), wrong
    assert said in "".join(wrong)
