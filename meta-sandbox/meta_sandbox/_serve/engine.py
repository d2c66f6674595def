"""From a request to its answer: scripted faults, batches, headers, and the log."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import msgspec

from meta_sandbox._graph.auth import token_place
from meta_sandbox._graph.graph import LATEST, VERSIONS, Graph, Target
from meta_sandbox._protocol.errors import GraphError
from meta_sandbox._protocol.messages import Headers, Request, Response
from meta_sandbox._protocol.paging import asked_of
from meta_sandbox._protocol.params import flag_of, list_of, text_of
from meta_sandbox._protocol.route import Route, edge_name, parse_path, stage_of
from meta_sandbox._serve import batch as batches
from meta_sandbox._serve import scripted
from meta_sandbox._serve.faults import Call, Faults
from meta_sandbox._serve.log import Entry, Log
from meta_sandbox._serve.received import Received
from meta_sandbox._world.draw import draws

if TYPE_CHECKING:
    from meta_sandbox._options import Options
    from meta_sandbox._serve.scripted import Outcome, Script
    from meta_sandbox._world.world import World

_JSON = ("Content-Type", "application/json; charset=UTF-8")
_CONSTANT: Headers = [
    ("Cache-Control", "private, no-cache, no-store, must-revalidate"),
    ("Pragma", "no-cache"),
    ("Expires", "Sat, 01 Jan 2000 00:00:00 GMT"),
    ("Strict-Transport-Security", "max-age=15552000; preload"),
    ("Access-Control-Allow-Origin", "*"),
    ("Vary", "Origin, Accept-Encoding"),
    ("x-fb-rlafr", "0"),
    ("x-fb-rev", "1029384756"),
]
#: Characters of a URL that Meta's front takes. Users of Meta's SDKs, which put a removal into the
#: URL, saw 250 hashes (some 20,000 characters) pass and 300 fail, with an answer that is no JSON.
LONGEST_URL = 20_500
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_TRACE_LETTERS, _SHORT_TRACE_LETTERS = 22, 11


class Engine:
    """Takes requests for one world.

    Args:
        world: The world.
        options: How the sandbox behaves.

    Attributes:
        graph: What answers.
        faults: What is scripted to go wrong.
        log: What was received.
        received: What audiences and pixels received.
    """

    def __init__(self, world: World, options: Options) -> None:
        self.world = world
        self.options = options
        self.graph = Graph(world, options)
        self.faults = Faults()
        self.received = Received(self.graph)
        self.log = Log(options.log_size, self.graph.tokens.texts)

    def process(
        self, request: Request, *, in_batch: bool = False, broken: GraphError | None = None
    ) -> Outcome:
        """Answer a request and remember it.

        Args:
            request: The request.
            in_batch: Whether it is an operation of a batch.
            broken: The answer to a request whose body could not be read.
        """
        began = time.perf_counter()
        number = self.log.next_number()
        if request.method == "POST" and (method := text_of(request.params, "method")):
            # A client that cannot send a verb may name it in a parameter.
            request.method = method.upper()
        route = parse_path(request.path)
        target = self.graph.target(route)
        stage = stage_of(request.method, route, is_job=target.job is not None)
        script = None if broken else self._script(request, route, target, stage)
        if broken is None:
            outcome = self._outcome(request, route, target, stage, script or {}, number)
        else:
            outcome = _failure(broken, number)
        if outcome.response is not None:
            self._add_headers(outcome.response.headers, route, target, number)
        self.log.add(
            Entry(
                number=number,
                method=request.method,
                path=request.path,
                query=self.log.redact(request.query),
                body=self.log.redact(request.body),
                status=outcome.response.status if outcome.response else 0,
                duration_ms=round(1000 * (time.perf_counter() - began + outcome.delay), 3),
                account_id=target.account_id,
                edge=edge_name(route, stage),
                stage=stage,
                calls=0 if stage == "batch" else 1,
                in_batch=in_batch,
                token_in=token_place(request),
                proof="appsecret_proof" in request.params,
                code=outcome.code,
                fault=script is not None,
                at=self.world.clock.seconds(),
            )
        )
        return outcome

    def _script(self, request: Request, route: Route, target: Target, stage: str) -> Script | None:
        """Return what is scripted to happen to a request."""
        if not self.faults.active:
            return None
        params = request.params
        try:
            page = asked_of(params).number
            fields = list_of(params, "fields") or ()
        except GraphError:  # a broken request is Graph's to answer
            page, fields = 1, ()
        return self.faults.take(
            Call(
                method=request.method,
                path=request.path,
                account_id=target.account_id,
                edge=edge_name(route, stage),
                stage=stage,
                page=page,
                text=msgspec.json.encode(params).decode(),
                fields=tuple(fields),
            )
        )

    def _outcome(
        self,
        request: Request,
        route: Route,
        target: Target,
        stage: str,
        script: Script,
        number: int,
    ) -> Outcome:
        delay = scripted.delay_of(script)
        request.trace_id = _trace_id(number)
        outcome = scripted.instead_of_work(script)
        if outcome is None and request.target_length > LONGEST_URL:
            outcome = scripted.too_long()
        if outcome is None:
            try:
                scripted.raise_scripted(script, route, target, stage)
                if stage == "batch":
                    response, waited = self._batch(request)
                    delay += waited
                else:
                    body, headers = self.graph.answer(request, route, target, script)
                    response = Response(200, body, [_JSON, *headers])
                outcome = scripted.after_work(script, response)
            except GraphError as error:
                outcome = _failure(error, number, scripted.throttle_headers(script, target))
        outcome.delay += delay
        return outcome

    def _batch(self, request: Request) -> tuple[Response, float]:
        """Answer a batch; also return how long its slowest operation is scripted to take."""
        self.graph.tokens.check(request, self.world.clock.seconds(), is_me=False)
        with_headers = flag_of(request.params, "include_headers", default=True)
        answers: list[object] = []
        delay = 0.0
        for operation in batches.operations(request):
            outcome = self.process(batches.request_of(request, operation), in_batch=True)
            delay = max(delay, outcome.delay)
            # What would cut a connection of its own is here an operation that timed out: null.
            answers.append(
                outcome.response and batches.part_of(outcome.response, with_headers=with_headers)
            )
        headers = [("Content-Type", "text/javascript; charset=UTF-8")]
        return Response(200, msgspec.json.encode(answers), headers), delay

    def _add_headers(self, headers: Headers, route: Route, target: Target, number: int) -> None:
        version = route.version if route.version in VERSIONS else LATEST
        headers += _CONSTANT
        # By the sandbox's clock: a client that takes the day from here meets the same one.
        headers.append(("Date", formatdate(self.world.clock.seconds(), usegmt=True)))
        headers.append(("facebook-api-version", version))
        headers.append(("x-fb-request-id", _trace_id(number)))
        headers.append(("x-fb-trace-id", _letters(number, _SHORT_TRACE_LETTERS)))
        if not route.object_id:
            return
        named = {name.lower() for name, _ in headers}
        usage = self.graph.throttle.headers(
            target.account_id or "app",
            self.graph.use_case(route, target),
            active=self.graph.active(route, target),
            now=self.world.clock.seconds(),
        )
        headers += [header for header in usage if header[0] not in named]


def _failure(error: GraphError, number: int, headers: Headers | None = None) -> Outcome:
    response = Response(error.http, error.body(_trace_id(number)), [_JSON, *(headers or [])])
    return scripted.Outcome(response, code=error.code)


def _letters(number: int, count: int) -> str:
    return "".join(_LETTERS[draw & 63] for draw in draws(count, 200, number)[:count])


def _trace_id(number: int) -> str:
    return "A" + _letters(number, _TRACE_LETTERS)
