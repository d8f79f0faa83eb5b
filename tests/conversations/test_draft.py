"""The heart of resume: what is saved plus any next frame is the whole text, whatever happened between."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.draft import Draft
from conversations.text import cut_utf16, utf16_length

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
steps = st.lists(
    st.one_of(
        words.map(lambda text: ("append", text)),
        st.just(("take", "")),
        st.just(("commit", "")),
        st.just(("tell", "")),
        st.integers(0, 8).map(lambda count: ("render", "x" * count)),
    ),
    max_size=40,
)


class Saved:
    """A store that only ever appends, as the database does."""

    def __init__(self, base: str) -> None:
        self.text = base
        self.blocks: list[str] = []
        self.upto = 0


def _apply_delta(saved: Saved, offset: int, text: str) -> str:
    head = saved.text.encode("utf-16-le")[: 2 * offset].decode("utf-16-le")
    assert utf16_length(head) == offset
    return head + text


@given(base=words, script=steps)
def test_draft_saved_text_and_next_frame_make_the_whole(base: str, script: list[tuple[str, str]]) -> None:
    draft, saved, taken = Draft(base), Saved(base), None
    shown = base
    for step, text in script:
        if step == "append":
            draft.append(text)
        elif step == "render":
            source = draft.open_text[: len(text)]
            draft.add_blocks(source, [f"<p>{len(source)}</p>"])
        elif step == "take" and taken is None:
            taken = draft.checkpoint()
        elif step == "commit" and taken is not None:
            assert taken.offset == utf16_length(saved.text)
            saved.text += taken.text
            saved.blocks += taken.blocks
            saved.upto = taken.upto
            draft.saved(taken)
            taken = None
        elif step == "tell":
            offset, delta = draft.words.delta()
            assert offset <= utf16_length(shown), "who saw every frame never meets a gap"
            shown = draft.text
            assert _apply_delta(saved, offset, delta) == draft.text
        index, blocks, upto = draft.html()
        assert index == len(saved.blocks)
        assert upto == utf16_length(draft.text) - utf16_length(draft.open_text)
        assert len(saved.blocks + blocks) >= len(saved.blocks)


def test_draft_saving_writes_each_character_once() -> None:
    draft, written = Draft(), 0
    for _ in range(100):
        draft.append("ten chars.")
        checkpoint = draft.checkpoint()
        written += len(checkpoint.text)
        draft.saved(checkpoint)
    assert written == len(draft.text) == 1000


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_utf16_length_is_what_a_browser_counts(text: str) -> None:
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


@given(first=words, second=words)
def test_cut_utf16_returns_the_rest(first: str, second: str) -> None:
    assert cut_utf16(first + second, utf16_length(first)) == second
