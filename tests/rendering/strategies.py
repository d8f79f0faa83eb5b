"""Generated Markdown: documents as models write them, and text that nobody would write."""

from __future__ import annotations

from hypothesis import strategies as st

_INLINE = (
    "word", "a_b_c", "**bold**", "*it*", "`code`", "~~gone~~", "[link](https://a.example/x)", "![pic](https://b.example/p)",
    "https://c.example/d_e", "<b>", "&amp;", "$5", "\\*", "**", "`", "[", "](", "|", "😀", "中文。", "  ",
    "$x_1$", "$$y*$$", "\\(z\\)", "\\[a=b\\]", "$", "$$", "\\[", "[^1]",
)  # fmt: skip
_STARTS = (
    "", "", "", "- ", "* ", "1. ", "2. ", "3) ", "- [ ] ", "  - ", "    - ", "   ", "  ", "      ", "> ", "> > ",
    "> - ", "[^1]: ", "[^2]:", "# ", "### ", "| ", "\t", "+ ",
)  # fmt: skip
_LINES = ("", "", "", "", "---", "===", "```", "```python", "~~~", "  ```", "   ```", "> ```", "|---|---|", "| a | b |",
          "***", "-", ">", "<div>", "</div>", "- - x", "1.", "term\r", "$$", "$$", "\\[", "\\]", "$$a$$",
          "\\begin{align}", "\\end{align}", "  $$", "> $$", "```math")  # fmt: skip

inline = st.lists(st.sampled_from(_INLINE), min_size=1, max_size=5).map(" ".join)
lines = st.one_of(st.builds(str.__add__, st.sampled_from(_STARTS), inline), st.sampled_from(_LINES))
documents = st.lists(lines, max_size=25).map("\n".join)
"""Lines that open, continue and close every kind of block, in any order."""

hostile = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="*_`~[]()<>!&#|\\-+=:\"' \n\t\r\x00\x02\x03aA1é中\ud800\u202e\ufdd0", max_size=200),
    st.lists(st.sampled_from(
        ["<script>", "</p>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "![x](data:text/html,x)",
         "```", '"><svg onload=alert(1)>', "<a id=x name=y>", "\n", "\n\n", "- ", "> ", "\x02code:0\x03",
         "\x02klzzwxh:0000\x03", "<figure>", "&#106;avascript:", "[a]: javascript:alert(1)", "[a]", "| a |\n|---|\n",
         '<https://x.example/"onclick=x>', "https://x.example/'\"><b>", "<a@b.example>", "**", "`",
         "$", "$$", "\\(", "\\)", "[^1]", "[^a]: ", "```math\n", "\\[", "\\]"]
    ), max_size=15).map("".join),
)  # fmt: skip

_SHAPES = (
    "- a", "  - b", "- a\n  - b\n    - c", "- a\n    - b", "- - x", "- ", "- [ ] t", "* s", "+ p",
    "1. one", "2. two", "1. - y", "1)", "   more", "  more", "    more", "text", "lazy", "**b** *i*",
    "# h", "## h2", "---", "===", "```", "```py", "   ```", "  ```", "> ```", "~~~", "> q", "> - x", "> > y", ">",
    "", "", "", "| a | b |", "|---|---|", "| 1 | 2 |", "a | b", "--|--",
)  # fmt: skip
structures = st.lists(st.sampled_from(_SHAPES), max_size=9).map("\n".join)
"""Only what opens and continues blocks; inline marks have rules of their own that few renderers share."""
