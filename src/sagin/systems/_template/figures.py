"""The paper's figures as data, and its claims with the rule that judges each."""

from __future__ import annotations

from sagin.core.figures import Axis, Claim, Curve, Figure
from sagin.core.statistics import below, rises

FIGURES = (
    Figure(
        name="fig1",
        title="Total upload time against the number of users",
        axis=Axis(("n_users",), (2, 4, 8), "number of users"),
        y_label="total upload time (s)",
        curves=(Curve("damped", "damped"), Curve("equal", "equal"), Curve("closed form", "improved")),
        claims=(
            Claim(
                name="damped_below_equal",
                text="The iteration beats equal shares at every size.",
                rule="paired 95 % interval of the difference excludes 0 at every point",
                check=lambda series: below(series, "damped", "equal"),
                note="true by construction: it starts from equal shares and never rises",
            ),
            Claim(
                name="rises_with_users",
                text="The total time rises with the number of users.",
                rule="each step to the next point is positive (paired, 95 %)",
                check=lambda series: rises(series, "damped"),
            ),
        ),
    ),
    Figure(
        name="fig2",
        title="Convergence",
        axis=Axis(("iteration",), tuple(range(12)), "iteration"),
        y_label="total upload time (s)",
        curves=(Curve("4 users", "damped"), Curve("6 users", "damped", {"n_users": 6})),
    ),
)
