"""The house's own rules, as docs/architecture.md tells them: who may know whom, and how long anything may be."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from chatproject.errors import DomainError
from conversations.protocol import COMMANDS, Frame
from tests.support.homes import ROOT
from tests.support.source import APPS, PACKAGES, dotted, files, imports, modules, name, tracked_files, tree

# Within conversations a module imports only from its own layer or from those above it in this list.
LAYERS = (
    {
        "models",
        "parts",
        "protocol",
        "parsing",
        "text",
        "draft",
        "thinking",
        "tally",
        "frame_meter",
        "mailbox",
        "rendering",
        "suggestions",
        "forms",
    },
    {
        "attachments",
        "reading_matter",
        "selectors",
        "branches",
        "library",
        "windows",
        "repetition",
        "writing",
        "admission",
        "history",
        "broadcast",
        "frames",
        "choices",
        "presets",
        "preset_forms",
        "sidebar",
        "recent",
        "origins",
    },
    {
        "services",
        "questions",
        "rating",
        "titling",
        "arranging",
        "branching",
        "beginning",
        "queueing",
        "checkpoints",
        "filing",
        "changing",
        "library_forms",
        "screening",
        "second_opinion",
        "reading",
        "recording",
    },
    {"announcing"},
    {"generation"},
    {"turns"},
    {"sweeper"},
    {"lifecycle"},
    {"asking", "following"},
    {"commands"},
    {
        "consumers",
        "views",
        "tree_views",
        "details",
        "library_views",
        "queue_views",
        "reading_views",
        "settings_views",
        "admin",
        "management",
        "templatetags",
    },
    {"routing", "urls", "apps"},
)
FRAME_BUILDERS = {"frames", "generation", "arranging", "consumers", "commands", "broadcast", "protocol"}
TRUSTED_MARKUP = {
    "templates/conversations/_body.html",  # the rendered blocks, which nh3 has cleaned
    "chatproject/templatetags/interface.py",  # the icons, by format_html
    "providers/admin/providers.py",  # a link in a notice, by format_html
}
OUTBOUND = {"httpx", "httpx2", "aiohttp", "requests", "urllib.request", "http.client", "openai", "anthropic", "socket"}
ASYNC_ORM = re.compile(
    r"a(get|create|get_or_create|update_or_create|bulk_create|bulk_update|save|delete|update|first|last|exists|count"
    r"|aggregate|iterator|refresh_from_db|set|add|remove|clear|in_bulk|earliest|latest|contains|explain)$"
)
STOCK_HELPERS = {"asgiref.sync.sync_to_async", "channels.db.database_sync_to_async"}
LONGEST = {".py": 350, ".js": 200, ".html": 120}
LONGEST_FUNCTION = 50


def imported_from(path: Path, package: str, *, also_types: bool = False) -> set[str]:
    """List what a module imports from a package, by the names below it."""
    found = imports(path, also_types=also_types)
    return {one.removeprefix(f"{package}.").split(".")[0] for one in found if one.startswith(f"{package}.")}


def submodules(package: str) -> set[str]:
    return {dotted(path).split(".")[1] for path in modules(package) if "." in dotted(path)}


def layer_of(module: str) -> int:
    found = [number for number, layer in enumerate(LAYERS) if module in layer]
    assert found, f"conversations/{module}: give it a layer in LAYERS"
    return found[0]


def broken(rule: dict[str, set[str]]) -> dict[str, set[str]]:
    """Keep the modules that break a rule, each with what it should not have."""
    return {module: found for module, found in rule.items() if found}


def test_conversations_import_downwards() -> None:
    upwards = {}
    for path in modules("conversations"):
        if "." in dotted(path):
            own = layer_of(dotted(path).split(".")[1])
            used = imported_from(path, "conversations") & submodules("conversations")
            upwards[name(path)] = {module for module in used if layer_of(module) > own}
    assert broken(upwards) == {}


def test_providers_and_moderation_know_nobody_above() -> None:
    def above(path: Path) -> set[str]:
        found = imports(path, also_types=True)
        return {one for one in found if one.split(".")[0] in {"accounts", "conversations"}}

    assert broken({name(path): above(path) for path in modules("providers", "moderation")}) == {}


def test_faq_knows_no_app_but_the_log() -> None:
    def known(path: Path) -> set[str]:
        return {one.split(".")[0] for one in imports(path, also_types=True)} & (set(APPS) - {"faq", "audit"})

    assert broken({name(path): known(path) for path in modules("faq")}) == {}


def test_what_stands_beside_conversations_only_looks_into_them() -> None:
    beside = {"search", "sharing", "transfer"}
    open_doors = {"models", "selectors", "views", "arranging", "choices", "rendering", "sidebar", "filing", "presets"}
    open_doors |= {"attachments", "parts"}

    def behind(path: Path) -> set[str]:
        return (imported_from(path, "conversations") & submodules("conversations")) - open_doors

    assert broken({name(path): behind(path) for path in modules(*beside)}) == {}
    knowing = [name(path) for path in modules("conversations") if imports(path, also_types=True) & beside]
    assert knowing == []


def test_files_are_known_only_to_the_site_and_beside_it() -> None:
    """Conversations ask whoever keeps files through a protocol; the child that reads them knows nothing at all."""
    may_know = ("api/", "chatproject/", "doors/", "files/", "sharing/", "transfer/")
    knowing = {name(path) for path in modules(*PACKAGES) if imported_from(path, "files") and path.parts[-2] != "files"}
    assert {path for path in knowing if not path.startswith(may_know)} == set()

    def known(path: Path) -> set[str]:
        found = {one for one in imports(path, also_types=True) if one.split(".")[0] in {*PACKAGES, "django"}}
        return {one for one in found if not one.startswith("files.parsing")}

    assert broken({name(path): known(path) for path in modules("files") if "parsing" in path.parts}) == {}


def test_audit_knows_nobody() -> None:
    def others(path: Path) -> set[str]:
        found = {one for one in imports(path, also_types=True) if one.split(".")[0] in {*PACKAGES} - {"audit"}}
        return {one for one in found if not one.startswith("chatproject.text")}

    assert broken({name(path): others(path) for path in modules("audit")}) == {}


def test_rendering_knows_nobody_but_what_text_may_hold() -> None:
    def others(path: Path) -> set[str]:
        found = {one for one in imports(path, also_types=True) if one.split(".")[0] in PACKAGES}
        return {one for one in found if not one.startswith(("conversations.rendering", "chatproject.text"))}

    rendering = [path for path in modules("conversations") if "rendering" in path.parts]
    assert rendering
    assert broken({name(path): others(path) for path in rendering}) == {}


def test_apps_know_of_the_site_only_what_knows_no_app() -> None:
    def known(path: Path) -> set[str]:
        found = imported_from(path, "chatproject", also_types=True) & submodules("chatproject")
        return found - {
            "errors",
            "database",
            "text",
            "ids",
            "numbers",
            "spreadsheets",
            "requests",
            "failures",
            "limits",
        }

    assert broken({name(path): known(path) for path in modules(*APPS)}) == {}


def test_accounts_know_of_conversations_only_the_broadcast() -> None:
    def known(path: Path) -> set[str]:
        return imported_from(path, "conversations") & submodules("conversations") - {"broadcast"}

    assert broken({name(path): known(path) for path in modules("accounts")}) == {}


def test_only_the_registry_knows_adapters() -> None:
    outside = [path for path in modules(*PACKAGES) if "adapters" not in path.parts]
    knowing = [name(path) for path in outside if imported_from(path, "providers.adapters", also_types=True)]
    assert knowing == []
    naming = [name(path) for path in outside if "providers.adapters" in path.read_text()]
    assert naming == ["providers/registry.py"]


def test_no_module_is_a_bag() -> None:
    bags = {"utils", "helpers", "common", "misc", "lib"}
    assert [name(path) for path in modules() if bags & set(path.with_suffix("").parts[len(ROOT.parts) :])] == []


def test_files_are_short() -> None:
    checked = [path for path in tracked_files() if path.suffix in LONGEST and "vendor" not in path.parts]
    lengths = {name(path): len(path.read_text().splitlines()) for path in checked if "migrations" not in path.parts}
    assert {file: length for file, length in lengths.items() if length > LONGEST[Path(file).suffix]} == {}


def test_functions_are_short() -> None:
    long = {}
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{name(path)}:{node.name}"] = length
    assert long == {}


def test_orm_off_the_loop_goes_only_through_in_database() -> None:
    found = []
    for path in modules(*PACKAGES):
        calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
        methods = [call for call in calls if isinstance(call, ast.Attribute) and ASYNC_ORM.match(call.attr)]
        found += [f"{name(path)}:{method.lineno} {method.attr}" for method in methods]
        found += [f"{name(path)} imports {one}" for one in imports(path) & STOCK_HELPERS]
    assert found == []


def test_orm_is_not_called_inside_async_functions() -> None:
    found = []
    for path in modules(*PACKAGES):
        for function in [node for node in ast.walk(tree(path)) if isinstance(node, ast.AsyncFunctionDef)]:
            managers = [one for one in ast.walk(function) if isinstance(one, ast.Attribute) and one.attr == "objects"]
            found += [f"{name(path)}:{one.lineno}" for one in managers]
    assert found == []


def test_only_named_places_trust_markup() -> None:
    pattern = re.compile(r"\bmark_safe\b|\bformat_html\b|\|\s*safe\b|autoescape off|SafeString\(|\|\s*safeseq\b")
    trusting = {name(path) for path in modules(*PACKAGES) + files(".html") if pattern.search(path.read_text())}
    assert trusting <= TRUSTED_MARKUP


def test_templates_hold_no_inline_script_or_style() -> None:
    inline = re.compile(
        r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|src=[\"']https?:", re.IGNORECASE
    )
    pages = files(".html", "templates", *APPS)
    assert broken({name(path): set(inline.findall(path.read_text())) for path in pages}) == {}


def test_scripts_make_no_code_of_text() -> None:
    """But for the frame that becomes the page it is sent: it has no origin and a policy of its own."""
    code = re.compile(r"\beval\(|\bnew Function\b|document\.write|insertAdjacentHTML")
    found = {name(path): set(code.findall(path.read_text())) for path in files(".js", "static")}
    assert broken(found) == {"static/js/embed/preview.js": {"document.write"}}


def test_only_providers_call_out() -> None:
    calling = {name(path): imports(path) & OUTBOUND for path in modules(*PACKAGES) if "providers" not in path.parts}
    assert broken(calling) == {}


def test_frames_are_built_only_where_they_are_meant_to_be() -> None:
    frames = {frame.__name__ for frame in Frame.__subclasses__()}
    types = {frame.type for frame in Frame.__subclasses__()} | set(COMMANDS)
    dotted_types = {one for one in types if "." in one}
    for path in modules(*PACKAGES):
        module = dotted(path).split(".")[-1]
        if dotted(path).startswith("conversations.") and module in FRAME_BUILDERS:
            continue
        built = {
            node.func.id
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not (built & frames and "conversations.protocol" in imports(path)), name(path)
        assert not [one for one in ast.walk(tree(path)) if isinstance(one, ast.Constant) and one.value in dotted_types]


def test_protocol_page_names_every_frame_and_field() -> None:
    shapes: list[Any] = [*COMMANDS.values(), *Frame.__subclasses__()]
    built = {shape.type: {field.name for field in fields(shape)} for shape in shapes}
    page = (ROOT / "docs" / "protocol.md").read_text()
    sections = page.split("## What the browser sends")[1].split("## How a reply")[0]
    rows = re.findall(r"^\| `([\w.]+)` \|(.*)\|$", sections, re.MULTILINE)
    assert {kind: set(re.findall(r"`(\w+)`", cells)) for kind, cells in rows} == built


def test_pages_for_programs_name_every_error_code() -> None:
    """Those of the API and the doors stand in their page, and are looked at where a test before this one loads them."""

    def errors(error: type[DomainError]) -> set[type[DomainError]]:
        return {error}.union(*(errors(child) for child in error.__subclasses__()))

    protocol = (ROOT / "docs" / "protocol.md").read_text().split("## Error codes")[1]
    api = (ROOT / "docs" / "api.md").read_text()
    unnamed = {}
    for error in errors(DomainError):
        page = protocol + api if error.__module__.startswith(("api.", "doors.")) else protocol
        if error.code not in {"error", "provider_error"} and f"`{error.code}`" not in page:
            unnamed[error.__name__] = error.code
    assert unnamed == {}
