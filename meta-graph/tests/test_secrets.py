"""No token, proof or app secret in any word that leaves the package."""

from __future__ import annotations

import hashlib
import hmac
import logging
import socket
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest

from meta_graph import (
    Call,
    ConnectionFailedError,
    GraphClient,
    GraphError,
    Outgoing,
    RedactingFilter,
    Redactor,
    TokenError,
    Wait,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import GraphServer

    Make = Callable[..., GraphClient]

TOKEN = "made-up|token/with+signs"
SECRET = "made-up-app-secret"
PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
SECRETS = {text for one in (TOKEN, SECRET, PROOF) for text in (one, quote(one), quote_plus(one))}
HIDDEN_QUERY = "access_token=[hidden]&appsecret_proof=[hidden]"
METAS = "EAA" + "Bcd0123456789" * 4


def check(*texts: str) -> None:
    for text in texts:
        assert [secret for secret in SECRETS if secret in text] == []


def words_of(error: BaseException) -> list[str]:
    """Write an error in every way that a program may write it."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    chain, link = [], error
    while link := link.__cause__ or link.__context__:  # type: ignore[assignment] # ends with None
        chain += [str(link), repr(link), repr(link.args)]
    return [str(error), repr(error), repr(error.args), "".join(lines), *chain]


@pytest.fixture
def secretive(make: Make) -> GraphClient:
    return make(access_token=TOKEN, app_secret=SECRET, max_retry_seconds=0)


@pytest.mark.parametrize(
    "answer",
    [
        {"fault": "reset"},
        {"fault": "cut"},
        {"status": 502, "body": f"<html>{TOKEN}</html>".encode()},
        {"status": 302, "headers": {"Location": f"http://evil.example/?access_token={TOKEN}"}},
        {"json_body": {"error": {"code": 190, "message": f"Malformed access token {TOKEN}"}}},
        {"json_body": {"error": {"code": 100, "message": "no", "error_user_msg": f"<{PROOF}>"}}},
        {"json_body": {"error": {"code": 1, "message": f"?access_token={quote(TOKEN)}&x=1"}}},
        {"json_body": {"error": {"code": 80004, "message": SECRET}}},
        {"json_body": {"error_code": 190, "error_description": f"OAuth {TOKEN}"}},
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "batch"])
def test_errors_and_log_lines(
    server: GraphServer,
    secretive: GraphClient,
    caplog: pytest.LogCaptureFixture,
    answer: dict[str, Any],
    method: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply(**{"status": 400, **answer})
    if method == "batch":
        outcomes = secretive.batch([Call("GET", "act_1200/ads")])
        error = outcomes[0]
        assert isinstance(error, GraphError)
    else:
        with pytest.raises(GraphError) as caught:
            getattr(secretive, method)("act_1200/ads", {"fields": ["id"]})
        error = caught.value
    check(*words_of(error), caplog.text)
    if method == "get" and "fault" not in answer:
        # The library's line was there, and went through the filter.
        assert "/v26.0/act_1200/ads?" in caplog.text
        assert "appsecret_proof=[hidden]" in caplog.text
    assert server.received[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert server.received[0].params["appsecret_proof"] == PROOF


def test_nobody_listens(make: Make) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        client = make(access_token=TOKEN, app_secret=SECRET, api_url=url, max_retry_seconds=0)
        with pytest.raises(ConnectionFailedError) as caught:
            client.get("me", {"input_token": TOKEN})
    check(*words_of(caught.value))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_lines_of_the_client_itself(
    server: GraphServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.reply({"error": {"code": 2, "message": f"busy with {TOKEN}"}}, status=503)
    server.reply({"error": {"code": 1, "message": "Please reduce the amount of data"}}, status=500)
    server.reply({"data": []})
    events: list[Any] = []
    client = make(access_token=TOKEN, app_secret=SECRET, on_event=events.append)
    list(client.pages("act_1200/ads"))
    assert "Trying again in" in caplog.text
    # What debuggers and trackers of errors show of a frame.
    call, outgoing = events[0].call, Outgoing("GET", "x", {"p": PROOF}, {"p": PROOF}, {"p": PROOF})
    check(caplog.text, *map(repr, (events, client, client._engine, call, outgoing)))
    assert [type(event) for event in events].count(Wait) == 1


def test_a_request_that_ends_after_its_client_is_closed(
    server: GraphServer, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = make(access_token=TOKEN, app_secret=SECRET)

    def close_meanwhile(_request: object) -> dict[str, str]:
        client.close()
        return {}

    server.handle(close_meanwhile)
    client.get("act_1200")
    assert "act_1200" in caplog.text
    check(caplog.text)


def test_many_clients_clean_a_line_once() -> None:
    logger = logging.getLogger("urllib3.connectionpool")
    for _ in range(3):
        GraphClient(TOKEN)
    assert len([one for one in logger.filters if isinstance(one, RedactingFilter)]) == 1


def test_answers_come_without_our_secrets(server: GraphServer, secretive: GraphClient) -> None:
    query = f"access_token={quote_plus(TOKEN)}&appsecret_proof={PROOF}&after=A"
    nested = {"paging": {"next": f"https://graph.facebook.com/v26.0/1/x?limit=1&{query}"}}
    kept = {"name": "access_token=someone's", "note": TOKEN, "ads": {"data": [], **nested}}
    server.reply({"data": [kept], **nested})
    server.reply({"data": []})
    first, _second = secretive.pages("act_1200/campaigns")
    hidden = "https://graph.facebook.com/v26.0/1/x?limit=1&access_token=[hidden]&appsecret_proof=[hidden]&after=A"
    assert first.payload["paging"] == {"next": hidden}
    # What is the user's own stays as it is, whatever it looks like.
    assert first.data == [{**kept, "ads": {"data": [], "paging": {"next": hidden}}}]
    assert server.received[1].query["after"] == "A"


def test_php_writes_slashes_with_a_backslash(server: GraphServer, make: Make) -> None:
    server.reply(body=rb'{"next": "https:\/\/x.example\/?access_token=made-up\/token&after=A"}')
    answer = make(access_token="made-up/token").get("me")
    assert answer == {"next": "https://x.example/?access_token=[hidden]&after=A"}


NEXT = b"https://x.example/?limit=1&access_token=abc&appsecret_proof=def&after=A"
HIDDEN_NEXT = b"https://x.example/?limit=1&access_token=[hidden]&appsecret_proof=[hidden]&after=A"


@pytest.mark.parametrize("kind", [bytes, bytearray])
@pytest.mark.parametrize(
    ("body", "cleaned"),
    [
        (b"", b""),
        (b"{}", b"{}"),
        (b"=", b"="),
        (b"abc def", b"abc def"),
        (b"access_token=", b"access_token="),
        (b"access_token=abc", b"access_token=[hidden]"),
        (b"appsecret_proof=def", b"appsecret_proof=[hidden]"),
        (b"x" * 99 + NEXT, b"x" * 99 + HIDDEN_NEXT),
        (b"a=b" + NEXT + b"c=d" + NEXT, b"a=b" + HIDDEN_NEXT + b"c=d" + HIDDEN_NEXT),
        (b"access_token=someone's", b"access_token=someone's"),
    ],
)
def test_bodies(kind: type[bytes | bytearray], body: bytes, cleaned: bytes) -> None:
    assert Redactor("abc", "def").scrub(kind(body)) == cleaned


def test_netrc_does_not_replace_the_token(
    server: GraphServer, make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.reply({})
    make().get("me")
    assert server.received[0].headers["authorization"].startswith("Bearer ")


def test_a_transport_that_does_not_care() -> None:
    class Careless:
        def send(self, request: Outgoing) -> Any:  # noqa: ANN401 - it never returns
            raise ConnectionFailedError(f"lost {request.url}?access_token={TOKEN}")

        def close(self) -> None:
            """Nothing is held."""

    with (
        GraphClient(TOKEN, transport=Careless(), max_retry_seconds=0) as client,
        pytest.raises(ConnectionFailedError, match=r"lost .*access_token=\[hidden\]") as caught,
    ):
        client.get("me")
    check(str(caught.value))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        ("nothing secret", "nothing secret"),
        (f"token {METAS}.", "token [hidden]."),
        ("https://x.example/?access_token=abc&x=5", "https://x.example/?access_token=[hidden]&x=5"),
        ("access_token%3Dabc", "access_token%3D[hidden]"),
        ("{'access_token': 'abc', 'a': 1}", "{'access_token': '[hidden]', 'a': 1}"),
        ('{"input_token":"abc"}', '{"input_token":"[hidden]"}'),
        (r'{\"access_token\":\"abc\"}', r'{\"access_token\":\"[hidden]\"}'),
        ("appsecret_proof=0a1b", "appsecret_proof=[hidden]"),
        ("client_secret=0a1b fb_exchange_token=x",
         "client_secret=[hidden] fb_exchange_token=[hidden]"),
        ("Authorization: Bearer abcdefgh12345678", "Authorization: Bearer [hidden]"),
        ("Invalid OAuth access token - Cannot parse access token",
         "Invalid OAuth access token - Cannot parse access token"),
        ("set `access_token` first", "set `access_token` first"),
        (f"{TOKEN} {quote(TOKEN)} {quote_plus(TOKEN)} {PROOF}",
         "[hidden] [hidden] [hidden] [hidden]"),
    ],
)  # fmt: skip
def test_redactor(text: str, cleaned: str) -> None:
    redact = Redactor(TOKEN, None, "", PROOF)
    assert redact(text) == cleaned
    assert redact(cleaned) == cleaned


def test_a_secret_inside_another_is_not_left_half_shown() -> None:
    assert Redactor("abc", "abcdef")("abcdef abc") == "[hidden] [hidden]"


@pytest.mark.parametrize(
    ("message", "args", "line"),
    [
        ("to abc", (), "to [hidden]"),
        ("%s at %d: %.1f %s", ("abc", 5, 0.25, None), "[hidden] at 5: 0.2 None"),
        ("%(who)s", ({"who": "abc"},), "[hidden]"),
        ("%s", (ValueError("to abc"),), "to [hidden]"),
        ("%s", (["abc"],), "['[hidden]']"),
        ("%s", (b"fine",), "b'fine'"),
        (ValueError("to abc"), (), "to [hidden]"),
        ({"event": "fine"}, (), "{'event': 'fine'}"),
    ],
)
def test_log_records(message: object, args: tuple[object, ...], line: str) -> None:
    record = logging.LogRecord("x", logging.DEBUG, "x.py", 1, message, args, None)
    assert RedactingFilter(Redactor("abc")).filter(record) is True
    assert record.getMessage() == line


def test_log_records_of_errors() -> None:
    with pytest.raises(TokenError) as caught:
        raise TokenError("to abc")
    info = (caught.type, caught.value, caught.tb)
    record = logging.LogRecord("x", logging.DEBUG, "x.py", 1, "failed", (), info)
    RedactingFilter(Redactor("abc")).filter(record)
    line = logging.Formatter().format(record)
    assert "TokenError: to [hidden]" in line
    assert "abc" not in line
