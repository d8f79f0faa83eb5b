"""A model provider made for tests: a real HTTP server on loopback that speaks both wire protocols.

Routes: ``POST /v1/chat/completions`` (OpenAI), ``POST /v1/messages`` (Anthropic), ``GET /v1/models`` (in
Anthropic's shape when the request carries ``anthropic-version``, else in OpenAI's), ``POST /v1/moderations``
(OpenAI; it objects to what holds ``[[objection:violence]]``), ``POST /v1/embeddings`` (OpenAI; ``vector_of(text)`` in
``tests.fake_provider.embedding``). Any key is taken unless told otherwise.

In the same process::

    async with FakeProvider() as fake:
        fake.base_url                                 # "http://127.0.0.1:41234/v1"; root_url has no "/v1"
        fake.script(status=429, retry_after="2")      # for the next call only, then as before
        fake.default = Behaviour(chars=5000, delay=0.01)     # for every call
        fake.keys["sk-bad"] = Behaviour(status=401)          # for every call with this key; lists, too
        fake.set_models(status=500)                   # for the list of models; see also fake.openai_models
                                                      # and fake.anthropic_models
        fake.bill                                     # what the calls that ended cost
        call = await fake.next_call()                 # a RequestRecord: path, headers, key, body, state ...
        await call.wait_ended()                       # state: "finished", "client_closed" or "cut"

As a process of its own, for tests of a real server process, browsers and benchmarks::

    python -m tests.fake_provider --port 0 --delay 0.02      # prints its root URL as the first line

    with FakeProviderProcess() as fake:               # the same, from Python; needs no event loop
        fake.base_url
        fake.script(status=503, times=2)
        fake.wait_until(lambda calls: len(calls) == 3)       # calls are dicts, see GET /_requests

How a call behaves is decided by the first of these that says something:

1. ``fake.keys``: the key of the call;
2. ``fake.script(...)`` or ``POST /_script``: a queue, each entry for ``times`` calls (default 1), optionally
   only for calls whose ``model`` is this one or whose last user message ``contains`` this text;
3. a directive in the last user message: ``[[fake: chars=5000 delay=0.02 cut=100]]`` (values as in a shell:
   quotes allow spaces; a bare name is a flag that is set);
4. the model's name, one of :data:`~tests.fake_provider.behaviour.PRESETS`: ``fake-slow``, ``fake-long``, ...;
5. ``fake.default``: the question echoed in a few paragraphs of Markdown.

Over all of them a call does what its body asks for: it calls the tool that must be called, and none where none may be;
where JSON is asked for, it answers with the plainest document of the shape; and it ends before a stop sequence.

A directive and a preset change the default, they do not replace it. What can be said stands in
:class:`~tests.fake_provider.behaviour.Behaviour`; all positions (``cut``, ``drop``, ``reset``, ``hang``,
``error_at``) count characters of answer text that were sent before. ``answer_to(text)`` and ``filler(chars)``
give the exact text that an unhurt call answers with. Filler numbers its sentences, so that a gap or a
repetition shows.

Control, for whoever is not in this process (JSON):

* ``POST /_script`` ``{"behaviour": {...}, "times": 1, "model": null, "contains": null}`` adds to the queue
* ``POST /_default`` ``{...}`` replaces the default behaviour
* ``POST /_keys`` ``{"sk-bad": {"status": 401}, "sk-well-again": null}`` says how every call with these keys
  behaves; a ``status`` that is no success holds for the list of models, too
* ``POST /_reset`` forgets scripts, keys, the default and the recorded calls
* ``GET /_requests`` lists the calls: ``id, method, path, key, headers, body, state, started_at,
  first_byte_at, ended_at, sent_chars`` (times are ``time.time()``). ``state`` is ``open``, ``finished`` (the
  whole answer was sent), ``client_closed`` (the client closed the connection; ``ended_at`` says when) or
  ``cut`` (the script closed it).
* ``GET /_usage`` is the bill: a row for each key and model with ``key, model, calls, prompt_tokens,
  cached_tokens, cache_write_tokens, completion_tokens, reasoning_tokens`` of the calls that ended. (In process:
  ``fake.bill``; from Python: ``FakeProviderProcess.bill()``.)

What is billed. One rule counts tokens, that of ``providers.tokens``, on the texts of the request and of the answer. A
whole answer costs what its usage says (whether it was sent or not): the rule's figures, unless the behaviour gives
others: ``prompt_tokens``, ``cached_tokens``, ``cache_write_tokens``, ``completion_tokens``, ``reasoning_tokens``. An
answer that was stopped or cut costs the prompt, nothing of it cached, and the text and reasoning sent before. A call
that was refused before its answer began costs nothing.

Reasoning (``reasoning=200`` or ``thoughts=...``) is signed on the Anthropic wire; in a later call a block that is not
exactly what was signed is refused, and so is, with ``thinking`` enabled, a tool turn without it. ``tools=search`` ends
an answer with a call of that tool.
"""

from tests.fake_provider.behaviour import Behaviour, answer_to, filler
from tests.fake_provider.process import FakeProviderProcess
from tests.fake_provider.records import RequestRecord
from tests.fake_provider.server import FakeProvider

__all__ = ["Behaviour", "FakeProvider", "FakeProviderProcess", "RequestRecord", "answer_to", "filler"]
