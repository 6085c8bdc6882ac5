"""The paper's figures as data."""

FIGURES = ()
