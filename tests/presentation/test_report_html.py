from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from sagin.presentation.report_html import Html, data_uri, el, join, pixels, plain_math, plain_unit, prose, slug, table


class Reader(HTMLParser):
    """Elements and text of a document."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_elements_and_attributes() -> None:
    assert el("p", "a < b", class_="x y", hidden=True, title=None) == '<p class="x y" hidden>a &lt; b</p>'
    assert el("img", src="x", alt='"quoted"') == '<img src="x" alt="&quot;quoted&quot;">'
    assert el("p", el("b", "1"), None, 2, Html("<i>3</i>")) == "<p><b>1</b>2<i>3</i></p>"
    assert el("meta", http_equiv="X", aria_label="y") == '<meta http-equiv="X" aria-label="y">'
    assert join(["a", Html("<br>")], ", ") == "a, <br>"


@given(st.text(st.characters(exclude_categories=["C"]), max_size=40))
def test_nothing_escapes_from_text_and_attributes(words: str) -> None:
    reader = Reader(el("p", words, title=words))
    assert reader.tags == [("p", {"title": words})]
    assert reader.text == words


def test_identifiers_hold_letters_digits_and_hyphens() -> None:
    assert slug("Dm_MIMO", "figure", "Fig. 3(a)") == "dm-mimo-figure-fig-3-a"
    assert slug("§") == "x"


def test_tables_name_their_rows_and_columns() -> None:
    reader = Reader(table("Numbers", ("name", "value"), [("one", 1), (Html("<b>two</b>"), 2)], numbers=("value",)))
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
