from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from sagin.presentation.pages import Table, data_uri, part, pixels, plain_math, plain_unit, prose, render, slug


class Reader(HTMLParser):
    """Elements and text of a document."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed("".join(words))  # markup would escape what is added to it

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(st.characters(exclude_categories=["C"]), max_size=40))
def test_nothing_escapes_from_text_and_attributes(words: str) -> None:
    sheet = Table(words, ("name", words), [(words, part("code", words))], kind="ledger")
    reader = Reader(part("table", sheet))
    start, row = ["div", "table", "caption", "span", "thead", "tr", "th", "th"], ["tr", "th", "td", "code"]
    assert [tag for tag, _ in reader.tags] == [*start, "tbody", *row]
    assert reader.tags[0][1]["aria-label"] == words
    assert reader.tags[-2][1]["data-label"] == words
    assert "".join(reader.text.split()) == "".join(f"{words}name{words}{words}{words}".split())


def test_control_characters_do_not_reach_a_page() -> None:
    assert "\x1b" not in part("code", "a\x1b[31mb")
    assert "\x1b" not in prose("a\x1b[31mb `c\x1b`")


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    made = render("challenge.html", title="<b>", about="a & b", sheet=Table("t", ("x",), [("<script>",)]))
    assert "default-src 'none'" in made
    assert {"script", "b", "link"}.isdisjoint(tag for tag, _ in Reader(made).tags)
    with pytest.raises(UndefinedError):
        render("challenge.html", title="", about="")


def test_identifiers_hold_letters_digits_and_hyphens() -> None:
    assert slug("Dm_MIMO", "figure", "Fig. 3(a)") == "dm-mimo-figure-fig-3-a"
    assert slug("§") == "x"


def test_tables_name_their_rows_and_columns() -> None:
    reader = Reader(
        part("table", Table("Numbers", ("name", "value"), [("one", 1), (part("code", "two"), 2)], ("value",)))
    )
    headers = [(tag, attrs["scope"]) for tag, attrs in reader.tags if tag == "th"]
    assert headers == [("th", "col"), ("th", "col"), ("th", "row"), ("th", "row")]
    region = reader.tags[0][1]
    assert (region["role"], region["aria-label"], region["tabindex"]) == ("region", "Numbers", "0")
    assert sum(attrs.get("class") == "number" for _, attrs in reader.tags) == 3


def test_mathematics_becomes_plain_characters() -> None:
    assert plain_math(r"users $I$ at $\gamma_{\mathrm{max}} \leq 3$ dB") == "users I at γ_max ≤3 dB"
    assert plain_math("costs 5 $") == "costs 5 $"


def test_data_uri() -> None:
    assert data_uri("svg", b"<svg/>") == "data:image/svg+xml;base64,PHN2Zy8+"


def test_units_and_sentences() -> None:
    assert plain_unit("J s^2/cycle^3") == "J s²/cycle³"
    assert plain_math("by 3 % of $x$") == "by 3\u00a0% of x"
    assert prose("the share `1 - a` of *A < B* at $\\mu$") == ("the share <code>1 - a</code> of <em>A &lt; B</em> at μ")


def test_size_of_a_drawing() -> None:
    assert pixels("svg", b'<svg height="194.4pt" viewBox="0 0 1 1" width="252pt">') == (336, 259)
    assert pixels("svg", b"<svg/>") == (0, 0)
    assert pixels("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\4\x1a\0\0\3\x2a") == (1050, 810)
