import json

import pytest


def test_list_export_challenge(call, good, document) -> None:
    assert "proven" in good("instances", "list", "dm_mimo_vec/small")
    assert len(document("instances", "list", "dm_mimo_vec", "--json")["instances"]) == 26
    good("instances", "export", "dm_mimo_vec/small", "--out", "set", "--format", "npz")
    assert "4 of 4 decisions feasible" in good("challenge", "set")
    rows = document("challenge", "set", "--csv", "a.csv", "--latex", "a.tex", "--html", "a.html", "--json")["judged"]
    assert [row["feasible"] for row in rows] == [True] * 4
    with open("a.csv") as table, open("a.tex") as tex, open("a.html") as page:
        assert "dm_mimo_vec/small/3" in table.read()
        assert "\\begin{tabular}" in tex.read()
        assert "dm_mimo_vec/small/3" in page.read()
    code, _, err = call("challenge", "set", "--csv", "a.csv")
    assert (code, err.count("\n")) == (2, 1)


def test_infeasible_decisions_end_with_1(call) -> None:
    assert call("instances", "export", "dm_mimo_vec/tight/1", "--out", "set", "--format", "json")[0] == 0
    code, out, _ = call("challenge", "set")
    assert code == 1
    assert "deadline" in out


@pytest.mark.parametrize(
    "words",
    [
        ("challenge",),
        ("challenge", "nowhere.npz"),
        ("challenge", "--scheme", "ao"),
        ("challenge", "--scheme", "ao", "--on", "dm_mimo_vec", "--on", "ccmsm"),
        ("challenge", "--scheme", "ao", "--on", "dm_mimo_vec/small", "--time", "0"),
        ("challenge", "--scheme", "none", "--on", "dm_mimo_vec/small"),
        ("instances", "list", "nothing"),
        ("instances", "export", "--format", "xls"),
    ],
)
def test_bad_words_get_one_line(call, words) -> None:
    code, _, err = call(*words)
    assert (code, err.count("\n"), "Traceback" in err) == (2, 1, False)


def test_json_of_a_certified_infeasible_instance(good) -> None:
    (row,) = json.loads(good("instances", "list", "dm_mimo_vec/tight/1", "--json"))["instances"]
    assert row["bound"] == "inf"
    assert row["optimal"]
