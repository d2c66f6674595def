"""Where a token may be sent: to https anywhere, to http on this machine only."""

from __future__ import annotations

import pytest

from meta_graph import API_URL, GraphClient, InsecureUrlError, check_api_url


@pytest.mark.parametrize(
    ("url", "base"),
    [
        (API_URL, "https://graph.facebook.com"),
        ("https://graph.facebook.com/", "https://graph.facebook.com"),
        ("HTTPS://Graph.Facebook.com", "HTTPS://Graph.Facebook.com"),
        ("https://proxy.example:8443/meta//", "https://proxy.example:8443/meta"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.9.9.9", "http://127.9.9.9"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://LocalHost", "http://LocalHost"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_good_urls(url: str, base: str) -> None:
    assert check_api_url(url) == base
    assert repr(GraphClient("x", api_url=url)) == f"<GraphClient {base}/v26.0>"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        # In clear, and not to this machine, however much it looks like it.
        ("http://graph.facebook.com", "not https"),
        ("http://127.0.0.1.evil.example", "not https"),
        ("http://localhost.evil.example", "not https"),
        ("http://notlocalhost", "not https"),
        ("http://128.0.0.1", "not https"),
        ("http://0.0.0.0:8080", "not https"),
        ("http://10.0.0.1", "not https"),
        ("http://[::2]", "not https"),
        ("http://127.1", "not https"),
        ("http://2130706433", "not https"),
        # A user part hides the real host, and may be a password.
        ("http://127.0.0.1@evil.example", "holds a user"),
        ("http://localhost:80@evil.example", "holds a user"),
        ("https://name:password@graph.facebook.com", "holds a user"),
        ("https://@graph.facebook.com", "holds a user"),
        ("ftp://name:password@graph.facebook.com", "holds a user"),
        ("http://127.0.0.1\\@evil.example", "holds a user"),
        ("http://127.0.0.1\\.evil.example", "holds a user"),
        ("http://127.0.0.1#@evil.example", "a fragment"),
        ("https://graph.facebook.com?x=1", "a query"),
        ("https://graph.facebook.com/?", "a query"),
        ("https://graph.facebook.com/#", "a fragment"),
        (" https://graph.facebook.com", "white space"),
        ("http://local\thost", "white space"),
        ("https://graph.facebook.com\n", "white space"),
        # No address at all.
        ("", "no http"),
        ("graph.facebook.com", "no http"),
        ("localhost:8080", "no http"),
        ("//localhost", "no http"),
        ("https://", "no http"),
        ("https:///v26.0", "no http"),
        ("ftp://localhost", "no http"),
        ("file:///etc/hosts", "no http"),
        ("http://[::1", "no http"),
        ("http://localhost:99999", "no http"),
        ("http://localhost:port", "no http"),
        ("http://localhost:0", "no http"),
    ],
)
def test_refused_urls(url: str, words: str) -> None:
    with pytest.raises(InsecureUrlError, match=words) as caught:
        check_api_url(url)
    assert "`api_url`" in str(caught.value)
    assert "password" not in str(caught.value)
    with pytest.raises(InsecureUrlError):
        GraphClient("x", api_url=url)
