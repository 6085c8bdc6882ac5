"""What a system is: frozen records of functions, and the few calls every system shares."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, get_args, overload

import numpy as np

from sagin.core import own_arrays, places, records, results, room, shown
from sagin.core.errors import InputError, unknown
from sagin.core.figures import Figure, Picture
from sagin.core.parameters import Parameters
from sagin.core.values import ByValue

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    S = TypeVar("S", bound=Parameters, default=Any)  # scenario
    D = TypeVar("D", default=Any)  # drops
    X = TypeVar("X", default=Any)  # decision
    M = TypeVar("M", default=Any)  # metrics
else:
    from typing import TypeVar

    S, D, X, M = (TypeVar(name) for name in "SDXM")

Role = Literal["paper", "baseline", "improved", "extension", "own"]

DRIFT = 1e-9  # relative: objectives and bounds that differ by less are the same

# Relative. A bound is a sum of at most some 1e4 numbers right to the last digits (1e-16), and what cancels in it is at
# most some 100 times what is left: 1e4 * 1e-16 * 100.
ROUNDING = 1e-10


def outward(bound: Any, sense: Literal["min", "max"]) -> Any:
    """A bound >= 0 moved to the safe side, down for "min" and up for "max", by more than rounding can have cost it."""
    return bound * (1 - ROUNDING if sense == "min" else 1 + ROUNDING)


def reference(metrics: Any, bound: np.ndarray, decision: Any) -> Exact:
    """An exact reference from the metrics of its decisions; objectives of infeasible ones are not given."""
    return Exact(np.where(records.feasible(metrics), metrics.objective, np.nan), bound, decision)


@dataclass(frozen=True)
class Late:
    """A function "package.module:name", imported at its first call: listing systems loads no compiled code."""

    target: str

    def __post_init__(self) -> None:
        vars(self).update(__name__=self.target.split(":")[1], __qualname__=self.target)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        return self.function(*args, **kwargs)

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        module, name = self.target.split(":")
        return getattr(import_module(module), name)


def late(target: str) -> Callable[..., Any]:
    """The function `target` ("package.module:name"), not imported before its first call."""
    return Late(target)  # its type would tell nothing of the function's


class NoOptions(Parameters):
    """Options of a scheme that has none."""


@dataclass(frozen=True)
class Exact(ByValue, Generic[X]):
    """A reference at small size: `decision`, its `objective` (drop,), and a certified `bound` (drop,), NaN if none.

    The objective is NaN where no feasible decision was found; `decision` is then the one that violates least.
    """

    objective: np.ndarray
    bound: np.ndarray
    decision: X


@dataclass(frozen=True)
class Step(Generic[X]):
    """A stage of a proof on one drop: the certified `bound` so far, and a better `decision` where one was found."""

    bound: float
    decision: X | None = None


@dataclass(frozen=True)
class Space(Generic[D, X, M]):
    """A decision space: its array table (a record class), its evaluator, and what is known about its optimum.

    `evaluate(drops, decision)` gives a metrics record with a field `objective` (drop,). `bound(drops)` is (drop,) and
    certified; NaN: no certificate; inf to minimise, -inf to maximise: certified that no decision is feasible.
    `unbounded` says when it is NaN. `exact(drops) -> Exact` refuses sizes it cannot handle with InputError.
    `prove(drops, objective)` goes on where the bound ends, on one drop whose best known objective is given (inf to
    minimise, -inf to maximise, if none is): ever tighter bounds and better decisions, until nothing more can be gained.
    """

    decision: type[X]
    evaluate: Callable[[D, X], M]
    bound: Callable[[D], np.ndarray] | None = None
    exact: Callable[[D], Exact[X]] | None = None
    unbounded: str = "no finite bound was found"
    prove: Callable[[D, float], Iterator[Step[X]]] | None = None


@dataclass(frozen=True)
class Scheme(Generic[D, X]):
    """A named way to decide. `solve(drops, options) -> results.solution(...)` (or a decision) handles a chunk of drops
    in one thread.

    `monotone`: its trace never gets worse. `relabel_tolerance`: relative change of the objective it allows when users
    are relabelled (None: not equivariant). `space`: the decision class it returns. `system`: of a user's scheme (role
    `own`, see `sagin.scheme`), the system it was made for. `label`: its name in figures (default: `name`).
    `exists(scenario)`: whether there is such a decision; where not, `all` and roles leave the scheme out.
    """

    name: str
    role: Role
    summary: str
    solve: Callable[[D, Any], results.Solution[X]]
    space: type[X]
    options: type[Parameters] = NoOptions
    monotone: bool = False
    relabel_tolerance: float | None = None
    system: str = ""
    label: str = ""
    exists: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Episodic:
    """How a system takes part in episodes, where a slot is a drop. Views and followed drops are those of `world.view`.

    `needs`: of "sky", "users", "path", "tasks". `seats(scenario)`: satellites and users. `ignored`: scenario fields
    that the world replaces. `follow(scenario, view, seed)` gives the drops of one seed, one a slot.
    `carry(drops where decided, decision, drops where applied)` gives the decision as applied, row by row.
    `association(drops, decision)` (drop, user) int: who serves whom; a change is a handover.
    `charge(drops, metrics, seconds (drop, user), joules (drop, user))` gives the objective (drop,) with handovers,
    never better than without. `action`: (numbers a user, numbers shared), functions of drops; `act(drops, action
    (drop, n) in [-1, 1])` gives a decision that keeps the constraints of its own shape. `may_be_empty`: user seats.
    `settle(previous, new decision, reach_m)`: how far a decision of positions gets in a slot.
    """

    needs: frozenset[str]
    seats: Callable[[Any], tuple[int, int]]
    follow: Callable[[Any, Any, int], Any]
    carry: Callable[[Any, Any, Any], Any]
    association: Callable[[Any, Any], np.ndarray]
    charge: Callable[[Any, Any, np.ndarray, np.ndarray], np.ndarray]
    action: tuple[Callable[[Any], int], Callable[[Any], int]]
    act: Callable[[Any, np.ndarray], Any]
    may_be_empty: bool = False
    ignored: tuple[str, ...] = ()
    settle: Callable[[Any, Any, float], Any] | None = None

    def __reduce_ex__(self, protocol: Any) -> Any:
        """By name if it belongs to a system that a module keeps (its small functions are closures), else by content."""
        place = places.episodic_place(self)
        return super().__reduce_ex__(protocol) if place is None else (places.find_episodic, place)


@dataclass(frozen=True, repr=False)
class System(Generic[S, D, X, M]):
    """One published system. `sample`, `solve`, `evaluate`, `bound` are the whole Python interface.

    `draw(scenario, seeds)` gives a drops record. `derive(drops, given)` recomputes derived arrays of drops in which the
    user gave the arrays named in `given`. `budget(drops)` gives rows (label, value, unit) of the first drop.
    `user_dim` names the dimension along which relabelling users must only relabel the answer. `figures_of(scenario)`
    gives the figures of a scenario whose axes depend on what it declares. `culprits(drops, decision, metrics)` says for
    each drop who breaks a constraint. `pictures(drops, decision, metrics)` draws the first drop by name: `map`, `delay`
    or `energy` at least, and what else there is to see; see `look`.
    `episodic`: how it takes part in episodes.
    """

    name: str
    title: str
    reference: str
    sense: Literal["min", "max"]
    scenario: type[S]
    draw: Callable[[S, np.ndarray], D]
    spaces: tuple[Space[D, X, M], *tuple[Space[D, Any, Any], ...]]
    schemes: tuple[Scheme[D, Any], ...]
    figures: tuple[Figure, ...] = ()
    objective_unit: str = ""
    derive: Callable[[D, frozenset[str]], D] | None = None
    budget: Callable[[D], list[tuple[str, float, str]]] | None = None
    user_dim: str = ""
    figures_of: Callable[[Any], tuple[Figure, ...]] | None = None
    episodic: Episodic | None = None
    culprits: Callable[[Any, Any, Any], list[str]] | None = None
    pictures: Callable[[Any, Any, Any], Mapping[str, Picture]] | None = None

    def __reduce_ex__(self, protocol: Any) -> Any:
        """By name if a module keeps it as `SYSTEM` (claims of figures may be closures), else by content."""
        module = places.module_of(self)
        return super().__reduce_ex__(protocol) if module is None else (places.find_system, (module,))

    def sample(self, scenario: S | None = None, seeds: Iterable[int] = (0,)) -> D:
        """Drops of a scenario (None: the defaults), one for each seed; drop i depends on (scenario, seed i) only."""
        scenario, numbers = self._scenario(scenario), check_seeds(seeds)
        room.check_memory(scenario, self.draw, len(numbers))
        return self._drawn(scenario, numbers)

    def drops_from(self, scenario: S | None = None, seeds: Iterable[int] | None = None, **arrays: Any) -> D:
        """Drops with some arrays (drop, ...) of your own, the rest drawn; seeds default to 0, 1, ...

        What follows from your arrays is computed from them, as by `drops.replace`. Labelled arrays are aligned by the
        names of their dimensions.
        """
        if not arrays:
            raise InputError("arrays", None, "at least one array of a drop", "use sample() to draw everything")
        scenario, one = self._scenario(scenario), np.zeros(1, dtype=np.int64)
        plain = own_arrays.plain(example := self._drawn(scenario, one), arrays)
        base = self._drawn(scenario, check_seeds(range(own_arrays.count(example, plain)) if seeds is None else seeds))
        own_arrays.check_sizes(base, plain, lambda other: self._drawn(other, one))
        return records.with_arrays(base, plain, self.derive, frozenset(arrays))

    def _scenario(self, scenario: S | None) -> S:
        scenario = self.scenario() if scenario is None else scenario
        if not isinstance(scenario, self.scenario):
            raise InputError("scenario", type(scenario).__name__, f"a scenario of {self.name}", "system.scenario(...)")
        return scenario

    def _drawn(self, scenario: S, seeds: np.ndarray) -> D:
        return records.from_source(self.draw(scenario, seeds), self.derive)

    def _check_drops(self, drops: D) -> None:
        if not isinstance(getattr(drops, "scenario", None), self.scenario):
            kind = type(drops)
            raise InputError("drops", f"{kind.__module__}.{kind.__name__}", f"drops of {self.name}", "system.sample()")

    def solve(
        self,
        drops: D,
        scheme: str | Scheme = "",
        *,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
        **options: Any,
    ) -> results.Solution[X]:
        """Decide all drops by one scheme (a name or one's own; default: the paper's); `options` are the scheme's.

        For an editor the decision is of the first space; a scheme of a larger one (`extension`) gives that one's.
        """
        return self.decide(drops, scheme, threads=threads, progress=progress, **options)[0]

    def decide(
        self,
        drops: D,
        scheme: str | Scheme = "",
        *,
        threads: int | None = None,
        progress: Callable[[int], None] | None = None,
        **options: Any,
    ) -> tuple[results.Solution[X], M]:
        """`solve`, and the metrics of its decisions: it needs them anyway, to say which of them are feasible."""
        from sagin.core.engine import map_chunks

        self._check_drops(drops)
        chosen = self.scheme(scheme or self.names("paper")[0])
        settings = chosen.options(**options)

        def work(rows: slice) -> results.Solution:
            part = records.take(drops, rows)
            try:
                return _checked(chosen, chosen.solve(part, settings), part)
            except Exception as error:
                named = isinstance(error, InputError) and (error.field, error.value) == ("scheme", chosen.name)
                if chosen.role == "own" and not named:
                    error.add_note(f"raised by the scheme {chosen.name}")
                raise

        whole = results.join(map_chunks(work, records.n_drops(drops), threads, progress))
        metrics = self.evaluate(drops, whole.decision)
        status = np.minimum(whole.status, results.Status.MAX_ITERATIONS).astype(np.int8)
        status[~records.feasible(metrics)] = results.Status.INFEASIBLE
        return dataclasses.replace(whole, scheme=chosen.name, status=status, options=settings.to_dict()), metrics

    @overload
    def evaluate(self, drops: D, decision: X) -> M: ...
    @overload
    def evaluate(self, drops: D, decision: object) -> Any: ...
    def evaluate(self, drops: D, decision: Any) -> Any:
        """Metrics of any decision, feasible or not; constraint violations are outputs, never exceptions."""
        self._check_drops(drops)
        space = self.space(type(decision))
        records.sizes(decision, records.sizes(drops))
        return space.evaluate(drops, decision)

    def reasons(self, drops: D, decision: Any) -> list[str]:
        """For each drop the constraints that a decision breaks and by how much, and who; empty where it keeps all."""
        metrics = self.evaluate(drops, decision)
        who = self.culprits(drops, decision, metrics) if self.culprits else []
        texts = [""] * records.n_drops(metrics)
        for row in np.flatnonzero(~records.feasible(metrics)).tolist():
            found = records.breaches(records.take(metrics, [row]))
            parts = ", ".join(f"{breach.name} by {breach.amount:.3g} ({breach.doc})" for breach in found)
            texts[row] = ": ".join(part for part in (parts, who[row] if who else "") if part)
        return texts

    def look(self, drops: D, decision: Any, row: int = 0) -> dict[str, Picture]:
        """Drawings of one drop under a decision, by name; none where the system declares none."""
        if self.pictures is None:
            return {}
        one, chosen = records.take(drops, [row]), records.take(decision, [row])
        return dict(self.pictures(one, chosen, self.evaluate(one, chosen)))

    def bound(self, drops: D, space: type | None = None, *, threads: int | None = None) -> records.Floats:
        """(drop,) certified bound of the objective over a decision space (default: the first); NaN: no certificate.

        inf to minimise, -inf to maximise: certified that no decision is feasible, see `none_feasible`.
        """
        from sagin.core.engine import map_chunks

        self._check_drops(drops)
        bound = self.space(space or self.spaces[0].decision).bound
        if bound is None:
            return np.full(records.n_drops(drops), np.nan)
        return np.concatenate(
            map_chunks(lambda rows: bound(records.take(drops, rows)), records.n_drops(drops), threads)
        )

    def gap(self, objective: np.ndarray, bound: np.ndarray) -> records.Floats:
        """(drop,) relative distance of objectives to the bound, >= 0 for a valid pair, whatever the sense.

        NaN where the bound certifies nothing or that no decision is feasible, and where it is 0. A decision that uses
        the tolerance of its constraints may pass a bound by as much as the tolerance is worth.
        """
        bound = np.where(np.isfinite(bound) & (np.asarray(bound) != 0), bound, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            return 1 - objective / bound if self.sense == "max" else objective / bound - 1

    def beats(self, objective: float, known: float) -> bool:
        """Is an objective better than another one (NaN: there is none), by more than rounding?"""
        if np.isnan(objective) or np.isnan(known):
            return not np.isnan(objective)
        margin = DRIFT * abs(known)
        return bool(objective < known - margin if self.sense == "min" else objective > known + margin)

    def none_feasible(self, bound: np.ndarray) -> np.ndarray:
        """(drop,) bool: the bound certifies that no decision is feasible."""
        return np.asarray(bound) == (np.inf if self.sense == "min" else -np.inf)

    def with_schemes(self, *schemes: Scheme) -> Self:
        """The same system with schemes of one's own; InputError if one is another system's or takes a taken name."""
        known = list(self.schemes)
        for scheme in schemes:
            taken = [*(item.name for item in known), *get_args(Role), "all", "bound"]
            if not re.fullmatch(r"[^\W\d][\w-]*", scheme.name):
                raise InputError("scheme", scheme.name, "a name of letters, digits, - and _")
            if scheme.name in taken:
                raise InputError("scheme", scheme.name, "another name", f"{self.name} has {', '.join(taken)}")
            if scheme.system not in ("", self.name):
                raise InputError("scheme", scheme.name, f"a scheme of {self.name}", f"it is made for {scheme.system}")
            self.space(scheme.space)
            known.append(scheme)
        return dataclasses.replace(self, schemes=tuple(known))

    def scheme(self, name: str | Scheme) -> Scheme[D, Any]:
        """The scheme of that name; one's own is checked and given back."""
        if isinstance(name, Scheme):
            return name if name in self.schemes else self.with_schemes(name).schemes[-1]
        return _pick("scheme", name, {scheme.name: scheme for scheme in self.schemes}, self.name)

    def figure(self, name: str) -> Figure:
        """The figure of that name."""
        return _pick("figure", name, {figure.name: figure for figure in self.figures}, self.name)

    def figures_with(self, **fields: Any) -> tuple[Figure, ...]:
        """The figures for another scenario: what a figure fixes itself stays, the rest is as given."""
        scenario = self.scenario(**fields)
        if self.figures_of:
            return self.figures_of(scenario)
        return tuple(dataclasses.replace(figure, fixed={**fields, **figure.fixed}) for figure in self.figures)

    def names(self, role: str) -> list[str]:
        """Names of the schemes with a role."""
        return [scheme.name for scheme in self.schemes if scheme.role == role]

    def space(self, decision: type) -> Space[D, Any, Any]:
        """The space of a decision class; a class with further columns belongs to the space it was made from."""
        for space in self.spaces:
            if issubclass(decision, space.decision):
                return space
        known = " or ".join(space.decision.__name__ for space in self.spaces)
        hint = "give solution.decision" if issubclass(decision, results.Solution) else ""
        raise InputError("decision", f"{decision.__module__}.{decision.__name__}", f"{known} of {self.name}", hint)

    def __repr__(self) -> str:
        names = ", ".join(scheme.name for scheme in self.schemes)
        return f"<System {self.name}: {self.title}; schemes {names}>"

    def _repr_html_(self) -> str:
        rows = [(scheme.name, scheme.role, scheme.space.__name__, scheme.summary) for scheme in self.schemes]
        return shown.table(f"{self.name}: {self.title}", ("scheme", "role", "decision space", "summary"), rows)


def _checked(scheme: Scheme, given: Any, drops: Any) -> results.Solution:
    """What a scheme returned as a solution; InputError names the scheme if it is neither that nor a decision."""
    must = f"a function that returns {scheme.space.__name__} or sagin.solution(...)"
    found = results.solution(given) if isinstance(given, scheme.space) else given
    if not isinstance(found, results.Solution):
        raise InputError("scheme", scheme.name, must, f"it returned a {_kind_of(given, scheme.space)}")
    if not isinstance(found.decision, scheme.space):
        raise InputError("scheme", scheme.name, must, f"it decided a {_kind_of(found.decision, scheme.space)}")
    sizes = records.sizes(drops)
    try:
        records.sizes(found.decision, sizes)
    except InputError as error:
        raise InputError("scheme", scheme.name, "a function that decides each of its drops", str(error)) from None
    results.check_shapes(found, f"scheme {scheme.name}", sizes["drop"])
    return found


def _kind_of(given: Any, wanted: type) -> str:
    """Name of the class of what was given; with its module where the wanted one has the same name."""
    kind = type(given)
    return f"{kind.__module__}.{kind.__name__}" if kind.__name__ == wanted.__name__ else kind.__name__


def check_seeds(seeds: Iterable[int]) -> np.ndarray:
    """(drop,) int64 from any iterable of integers; at least one, none negative."""
    if isinstance(seeds, int | np.integer):
        raise InputError(
            "seeds", seeds, "one or more integers", f"range({seeds}) for that many, [{seeds}] for this one"
        )
    try:
        array = np.asarray(list(seeds))
    except (TypeError, ValueError):
        raise InputError("seeds", seeds, "one or more integers") from None
    if array.ndim != 1 or array.size == 0 or array.dtype.kind not in "iu":
        raise InputError("seeds", array.ravel()[:5].tolist(), "one or more integers")
    if array.min() < 0:
        raise InputError("seeds", int(array.min()), ">= 0")
    return array.astype(np.int64)


def _pick(kind: str, name: str, known: Mapping[str, Any], owner: str) -> Any:
    if name not in known:
        raise unknown(kind, name, known, f"known to {owner}" if known else f"{owner} has none")
    return known[name]
