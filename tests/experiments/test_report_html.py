from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from sagin.experiments.report_html import Html, data_uri, el, join, plain_math, slug, table


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
