from sagin.core.contracts import System
from sagin.experiments import ledger
from sagin.experiments.series import series_of


def _entries(toy: System, name: str) -> list[ledger.Entry]:
    figure = toy.figure(name)
    return ledger.judge(figure, series_of(toy, figure, range(8)))


def test_verdicts_come_from_the_claims(toy: System) -> None:
    entries = _entries(toy, "fig1")
    assert [entry.claim for entry in entries] == ["order", "rise", "text"]
    assert entries[1].verdict == "holds"
    assert entries[1].note == "by construction"
    assert entries[2].verdict == "contradictory"
    assert all(entry.drops == 8 and entry.evidence for entry in entries)
    assert ledger.judge(toy.figure("map"), None) == []


def test_too_few_drops_are_undecided(toy: System) -> None:
    figure = toy.figure("fig1")
    assert ledger.judge(figure, series_of(toy, figure, range(3)))[0].verdict == "undecided"
