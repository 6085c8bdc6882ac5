import dataclasses

import numpy as np
import pytest
import scipy.stats

from sagin import InputError
from sagin.core import statistics
from sagin.core.contracts import System
from sagin.experiments import compare
from sagin.experiments.compare import Entrant, Metric
from sagin.experiments.runs import solve
from sagin.experiments.shards import Shards
from sagin.results.jobs import Job
from sagin.results.run import Run

LEAST = Metric("objective", "min")


def _entrant(label: str, values: list[float], usable: list[bool] | None = None, role: str = "paper") -> Entrant:
    array = np.array(values, dtype=float)
    keep = np.ones(len(array), dtype=bool) if usable is None else np.array(usable)
    return Entrant(label, label, role, "Decision", role == "extension", "", {}, {"objective": array}, keep)


def _run(toy: System, schemes: dict[str, dict[str, object]], seeds: object = range(6), **fields: object) -> Run:
    return solve(toy, toy.sample(toy.scenario(**fields), seeds), schemes, threads=1)


def test_paired_difference_by_hand() -> None:
    one = _entrant("one", [1, 2, 3, 4, 5, 9], [True] * 5 + [False])
    two = _entrant("two", [2, 2, 5, 5, 4, 1])
    (pair,) = compare.pairs([one, two], LEAST)
    differences = np.array([-1.0, 0, -2, -1, 1])
    assert pair.difference == dataclasses.replace(statistics.interval(differences), n=6)
    assert (pair.wins, pair.ties, pair.losses) == (3, 1, 1)
    assert pair.relative == pytest.approx(-0.6 / 3.6)
    assert pair.word == "undecided"


@pytest.mark.parametrize(("sense", "word"), [("min", "better"), ("max", "worse")])
def test_sense_decides_what_better_is(sense: str, word: str) -> None:
    one, two = _entrant("one", [1, 2, 3, 4, 5]), _entrant("two", [2.0, 3.1, 4, 5, 6])
    (pair,) = compare.pairs([one, two], Metric("objective", sense))
    assert pair.word == word
    assert pair.wins == (5 if sense == "min" else 0)


def test_words_need_enough_drops_and_equal_means_equal() -> None:
    few = compare.pairs([_entrant("a", [1, 2, 3]), _entrant("b", [2, 3, 4])], LEAST)[0]
    same = compare.pairs([_entrant("a", [1.0] * 6), _entrant("b", [1.0 + 1e-12] * 6)], LEAST)[0]
    none = compare.pairs([_entrant("a", [1.0, np.inf]), _entrant("b", [np.nan, np.inf])], LEAST)[0]
    assert few.word == "undecided"
    assert (same.word, same.ties) == ("equal", 6)
    assert (none.word, none.difference.n_used, none.wins, none.ties, none.losses) == ("undecided", 0, 0, 0, 0)


def test_all_pairs_or_one_reference_and_extensions_are_marked() -> None:
    entrants = [_entrant(name, [1, 2, 3], role=role) for name, role in (("a", "paper"), ("b", "baseline"))]
    entrants.append(_entrant("c", [0, 1, 2], role="extension"))
    whole = compare.pairs(entrants, LEAST)
    assert [(pair.first, pair.second, pair.larger) for pair in whole] == [
        ("a", "b", ()),
        ("a", "c", ("c",)),
        ("b", "c", ("c",)),
    ]
    assert [(pair.first, pair.second) for pair in compare.pairs(entrants, LEAST, "b")] == [("a", "b"), ("c", "b")]
    known = [(entrant.label, entrant.scheme, entrant.role) for entrant in entrants]
    assert compare.reference(known, "baseline") == compare.reference(known, "b") == "b"
    with pytest.raises(InputError, match="--against = 'd': must be one of a, b, c"):
        compare.reference(known, "d")
    with pytest.raises(InputError, match="at least two"):
        compare.pairs(entrants[:1], LEAST)


def test_means_use_the_drops_feasible_for_all() -> None:
    one, two = _entrant("one", [1, 2, 3], [True, True, False]), _entrant("two", [5, 7, 9])
    rows = compare.mean_rows([one, two], LEAST)
    assert [(row["mean"], row["n_used"], row["n"], row["n_feasible"]) for row in rows] == [(1.5, 2, 3, 2), (6, 2, 3, 3)]


def test_fresh_entrants_agree_with_direct_solves(toy: System) -> None:
    shards = Shards()
    work = [Job(toy, toy.scenario(), name, tuple(range(6))) for name in ("iterate", "boosted")]
    entrants = compare.solved(work, lambda job: shards.pieces(job, 1))
    drops = toy.sample(toy.scenario(), range(6))
    for entrant in entrants:
        expected = toy.evaluate(drops, toy.solve(drops, entrant.scheme).decision).objective
        assert entrant.values("objective").tolist() == expected.tolist()
    assert [entrant.larger for entrant in entrants] == [False, True]
    with pytest.raises(InputError, match=r"metric = 'nix': must be one of objective"):
        entrants[0].values("nix")


def test_stored_runs_are_labelled_by_file_where_needed(toy: System) -> None:
    one, two = _run(toy, {"iterate": {}, "equal": {}}), _run(toy, {"iterate": {"rounds": 2}})
    labels = [entrant.label for entrant in compare.stored([("x/a.nc", one), ("x/b.nc", two)])]
    assert labels == ["iterate@a", "equal", "iterate@b"]
    labels = [entrant.label for entrant in compare.stored([("x/a.nc", one), ("y/a.nc", two)], ["paper"])]
    assert labels == ["iterate@x/a.nc", "iterate@y/a.nc"]
    with pytest.raises(InputError, match="stored: iterate"):
        compare.stored([("b.nc", two)], ["equal"])
    with pytest.raises(InputError, match="--against = 'paper': must be one of iterate@a, iterate@b"):
        compare.reference([("iterate@a", "iterate", "paper"), ("iterate@b", "iterate", "paper")], "paper")


def test_other_drops_are_refused_by_name(toy: System) -> None:
    base = _run(toy, {"equal": {}})
    bits = base.drops.task_bits.copy()
    bits[3, 1] = 1.5e6
    arrays = {"task_bits": bits}
    cases = {
        r"scenario.n_users = 4: must be 3 as in a.nc \(b.nc holds other drops\)": _run(toy, {"equal": {}}, n_users=4),
        r"task_bits\[3, 1\] = 1500000.0": solve(toy, toy.drops_from(toy.scenario(), range(6), **arrays), ["equal"]),
    }
    for message, other in cases.items():
        with pytest.raises(InputError, match=message):
            compare.stored([("a.nc", base), ("b.nc", other)])


def test_files_of_other_seeds_are_compared_on_those_that_all_hold(toy: System) -> None:
    one, two = _run(toy, {"iterate": {}}, range(9)), _run(toy, {"equal": {}}, range(11, 2, -1))
    files = [("a.nc", one), ("b.nc", two)]
    runs, groups, remark = compare.aligned(files)
    assert [run.seeds.tolist() for _, run in runs] == [[3, 4, 5, 6, 7, 8]] * 2
    assert groups == [0, 0]
    assert "on the 6 drops that all files hold (9 in a.nc, 9 in b.nc)" in remark
    (pair,) = compare.pairs(compare.stored(files), LEAST)
    (wanted,) = compare.pairs(compare.stored([("r", _run(toy, {"iterate": {}, "equal": {}}, range(3, 9)))]), LEAST)
    assert (pair.difference, pair.word, pair.paired) == (wanted.difference, wanted.word, True)


def test_files_without_common_drops_are_compared_unpaired(toy: System) -> None:
    files = [
        ("a.nc", _run(toy, {"iterate": {}, "equal": {}}, range(40))),
        ("b.nc", _run(toy, {"equal": {}}, range(40, 100))),
    ]
    entrants = compare.stored(files)
    assert "unpaired" in compare.aligned(files)[2]
    pairs = {(pair.first, pair.second): pair for pair in compare.pairs(entrants, LEAST)}
    assert [pair.paired for pair in pairs.values()] == [True, False, False]
    across = pairs["iterate", "equal@b"]
    one, two = (entrant.metrics["objective"] for entrant in (entrants[0], entrants[2]))
    welch = scipy.stats.ttest_ind(one, two, equal_var=False).confidence_interval(0.95)
    assert (across.difference.low, across.difference.high) == pytest.approx((welch.low, welch.high))
    assert across.difference.mean == pytest.approx(one.mean() - two.mean())
    same = pairs["equal@a", "equal@b"]
    assert same.word == "undecided"  # the same scheme on other drops: no difference that can be told from luck
    width = [pair.difference.high - pair.difference.low for pair in (pairs["iterate", "equal@a"], across)]
    assert width[0] < width[1]  # what pairing is worth
    rows = compare.mean_rows(entrants, LEAST)
    assert [row["n"] for row in rows] == [40, 40, 60]


def test_too_few_drops_decide_nothing_unpaired(toy: System) -> None:
    files = [("a.nc", _run(toy, {"equal": {}}, range(3))), ("b.nc", _run(toy, {"iterate": {}}, range(3, 60)))]
    (pair,) = compare.pairs(compare.stored(files), LEAST)
    assert (pair.paired, pair.word) == (False, "undecided")


def test_metric_words(toy: System) -> None:
    assert compare.parse_metric(toy, "objective") == LEAST
    assert compare.parse_metric(toy, "rate:max") == Metric("rate", "max")
    for text in ("objective:up", ":max", ""):
        with pytest.raises(InputError, match="NAME:min or NAME:max"):
            compare.parse_metric(toy, text)
