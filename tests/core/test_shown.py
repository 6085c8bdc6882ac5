import dataclasses

from sagin.core import shown
from sagin.systems._template import SYSTEM


def test_everything_reads_short_at_a_prompt_and_escaped_in_a_notebook() -> None:
    drops = SYSTEM.sample(seeds=range(100))
    solution = SYSTEM.solve(drops, "damped")
    metrics = SYSTEM.evaluate(drops, solution.decision)
    assert repr(drops) == "<Drops: 100 drops, user 4; task_bits, snr, bandwidth_hz>"
    assert "100 drops, 100 converged" in solution.summary()
    assert "objective" in solution.summary()
    hidden = dataclasses.replace(SYSTEM, title="<script>")
    for thing in (SYSTEM, drops, solution, solution.decision, metrics, hidden):
        assert len(repr(thing)) < 300
        assert "\n" not in repr(thing)
        page = thing._repr_html_()
        assert "<table" in page
        assert "<script>" not in page


def test_a_table_escapes_and_ranges_are_told(toy) -> None:
    assert shown.table("a<b", ("x",), [("<i>",)]).count("&lt;") == 2
    page = shown.page(toy.drops_from(n_hops=[1, 3], grade=["a", "b"]))
    for text in ("1 to 3", "a, b", "rayleigh", "of 6 true", "|.| ", "2 drop x 3 user x 2 antenna"):
        assert text in page, text
