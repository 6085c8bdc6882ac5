"""From the declaration to tables of users, routes, hops and resources; refuses what does not fit together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sagin.core.errors import InputError
from sagin.core.parameters import did_you_mean
from sagin.systems.network.access import ACCESSES, SHARINGS, Access, find, kind_of

if TYPE_CHECKING:
    from sagin.systems.network.scenario import Link, Scenario

LOCAL = "local"


@dataclass(frozen=True)
class Layout:
    """The constant tables of a declaration.

    `group`, `member`: (user,) which group, which member of it. `paths`: routes of each group, each a tuple of links
    (none: local). `hop_link`, `hop_node`: (user, route, hop) index of the link, of the processor's node (number of
    nodes: the user's own), or -1. `resource`: (user, route, hop) or -1; `kind`, `private`, `name`: (resource_index,).
    `access`: of each link.
    """

    group: np.ndarray
    member: np.ndarray
    paths: tuple[tuple[tuple[str, ...], ...], ...]
    declared: np.ndarray
    hop_link: np.ndarray
    hop_node: np.ndarray
    resource: np.ndarray
    kind: np.ndarray
    private: np.ndarray
    name: np.ndarray
    access: dict[str, Access]


def layout(scenario: Scenario) -> Layout:
    """The tables of a scenario; InputError names the field that does not fit."""
    access = {name: _check_link(scenario, name, link) for name, link in scenario.links.items()}
    _check_bands(scenario, access)
    sharing = {n: find(v.sharing, SHARINGS, f"nodes.{n}.sharing") for n, v in scenario.nodes.items()}
    paths = _check_routes(scenario)
    _check_objective(scenario)
    groups = list(scenario.users)
    counts = [scenario.users[name].count for name in groups]
    if sum(counts) < 1:
        raise InputError("users", dict(zip(groups, counts, strict=True)), "at least one user in all")
    used = [path for path, count in zip(paths, counts, strict=True) if count]
    width = max(len(path) for path in used)
    depth = max(len(route) for path in used for route in path) + 1
    tables = np.full((3, len(groups), width, depth), -1)
    known: dict[tuple[str, str], int] = {}
    rows: list[tuple[str, str, bool]] = []
    if any(
        LOCAL_ROUTE in paths[g] and counts[g] and _hops(scenario, groups[g], LOCAL_ROUTE) for g in range(len(groups))
    ):
        known["node", LOCAL] = 0
        rows.append(("box", LOCAL, True))
    for g, path in enumerate(paths):
        for r, route in enumerate(path if counts[g] else ()):
            for h, hop in enumerate(_hops(scenario, groups[g], route)):
                kind_, name = hop
                if kind_ == "link":
                    link = scenario.links[name]
                    key, label = (("band", link.band), link.band) if link.band else (hop, name)
                    row = (kind_of(link.access, access[name]), label, False)
                    tables[0, g, r, h] = list(scenario.links).index(name)
                else:
                    key = hop
                    row = (kind_of(scenario.nodes[name].sharing, sharing[name]), name, False) if name != LOCAL else None
                    tables[1, g, r, h] = list(scenario.nodes).index(name) if row else len(scenario.nodes)
                if key not in known:
                    known[key] = len(rows)
                    rows.append(row)  # type: ignore[arg-type]
                tables[2, g, r, h] = known[key]
    group = np.repeat(np.arange(len(groups)), counts)
    return Layout(
        group=group,
        member=np.concatenate([np.arange(count) for count in counts]),
        paths=paths,
        declared=np.array([[r < len(path) for r in range(width)] for path in paths])[group],
        hop_link=tables[0][group],
        hop_node=tables[1][group],
        resource=tables[2][group],
        kind=np.array([row[0] for row in rows], dtype=str),
        private=np.array([row[2] for row in rows], dtype=bool),
        name=np.array([row[1] for row in rows], dtype=str),
        access=access,
    )


LOCAL_ROUTE: tuple[str, ...] = ()


def _hops(scenario: Scenario, group: str, route: tuple[str, ...]) -> list[tuple[str, str]]:
    """Links of a route and its processor, if that takes any time."""
    hops = [("link", name) for name in route]
    node = scenario.links[route[-1]].to if route else LOCAL
    free = route and scenario.nodes[node].cpu_hz == "unlimited"
    return hops if free or scenario.users[group].cycles_per_bit == 0 else [*hops, ("node", node)]


def text_of(route: tuple[str, ...]) -> str:
    """A route as it is declared."""
    return " > ".join(route) or LOCAL


def _check_link(scenario: Scenario, name: str, link: Link) -> Access:
    field = f"links.{name}"
    if link.to not in scenario.nodes:
        raise InputError(f"{field}.to", link.to, "a node", did_you_mean(link.to, scenario.nodes))
    several, sources = len(link.sources) > 1, link.sources
    for source in sources:
        if source not in scenario.users and (several or source not in scenario.nodes):
            known = [*scenario.users, *([] if several else scenario.nodes)]
            must = "groups of users" if several else "a group, a list of groups, or a node"
            raise InputError(f"{field}.from", link.from_, must, did_you_mean(source, known))
    if not sources or len(set(sources)) < len(sources):
        raise InputError(f"{field}.from", link.from_, "one or more groups, each once")
    access = find(link.access, ACCESSES, f"{field}.access")
    own = link.access not in ACCESSES
    if sources[0] in scenario.nodes:
        if not own and link.access not in ("tdma", "dedicated"):
            raise InputError(f"{field}.access", link.access, "tdma or dedicated", "one transmitter")
        if link.rate_bps is None and link.power_dbm is None:
            raise InputError(f"{field}.power_dbm", None, "given", "a radio link from a node")
        if sources[0] == link.to:
            raise InputError(f"{field}.to", link.to, "another node than from")
    if link.rate_bps is not None and not own and link.access not in ("tdma", "dedicated"):
        raise InputError(f"{field}.access", link.access, "tdma or dedicated", "rate_bps is no radio link")
    ends = [scenario.nodes[end] for end in (sources[0], link.to) if end in scenario.nodes]
    if link.distance_m is None and len(ends) == 2 and all(end.altitude_m is not None for end in ends):
        raise InputError(f"{field}.distance_m", None, "given", "between two satellites")
    return access


def _check_bands(scenario: Scenario, access: dict[str, Access]) -> None:
    shared: dict[str, list[str]] = {}
    for name, link in scenario.links.items():
        if link.band is not None:
            shared.setdefault(link.band, []).append(name)
    names = {LOCAL, *scenario.users, *scenario.nodes, *scenario.links}
    for band, links in shared.items():
        first = links[0]
        if band in names:
            raise InputError(f"links.{first}.band", band, "a word of its own", "it names something else")
        for name in links if len(links) > 1 else ():
            link = scenario.links[name]
            if link.access != "tdma":
                raise InputError(f"links.{name}.access", link.access, "tdma", f"it shares the band {band}")
            if (link.energy or access[name].energy) == "duration" and _powers(scenario, name) != _powers(
                scenario, first
            ):
                must = f"that of {first}"
                raise InputError(f"links.{name}.power_dbm", link.power_dbm, must, f"energy by duration in band {band}")


def _powers(scenario: Scenario, name: str) -> set[tuple[float | None, float]]:
    """Power and energy weight of each source of a link."""
    link = scenario.links[name]
    ends: list[Any] = [scenario.users.get(end) or scenario.nodes.get(end) for end in link.sources]
    return {(power_dbm(link, end), end.energy_weight) for end in ends}


def power_dbm(link: Link, source: Any) -> float | None:
    """Transmit power: the link's, or its group's on a radio link."""
    own = getattr(source, "power_dbm", None) if link.rate_bps is None else None
    return link.power_dbm if link.power_dbm is not None else own


def _check_routes(scenario: Scenario) -> tuple[tuple[tuple[str, ...], ...], ...]:
    for group in scenario.routes:
        if group not in scenario.users:
            must = "a group of users"
            raise InputError(f"routes.{group}", scenario.routes[group], must, did_you_mean(group, scenario.users))
    paths = []
    for group, users in scenario.users.items():
        texts = scenario.routes.get(group, ())
        if not texts and users.count:
            raise InputError(f"routes.{group}", list(texts), "at least one route")
        routes = [_check_route(scenario, group, text) for text in texts]
        for place, route in enumerate(routes):
            if route in routes[:place]:
                raise InputError(f"routes.{group}", texts[place], "listed once")
        paths.append(tuple(routes))
    return tuple(paths)


def _check_route(scenario: Scenario, group: str, text: str) -> tuple[str, ...]:
    field, users = f"routes.{group}", scenario.users[group]
    if text.strip() == LOCAL:
        if users.cpu_hz is None:
            raise InputError(f"users.{group}.cpu_hz", None, "given", "its routes have local")
        return LOCAL_ROUTE
    names = [part.strip() for part in text.split(">")]
    for name in names:
        if name not in scenario.links:
            hint = did_you_mean(name, [*scenario.links, LOCAL])
            raise InputError(field, text, "links or local", hint or f"{name} is no link")
    at, passed = group, []
    for place, name in enumerate(names):
        link = scenario.links[name]
        if at not in link.sources:
            starts = f"{name} starts at {', '.join(link.sources)}"
            raise InputError(field, text, f"a chain that {'goes on' if place else 'starts'} at {at}", starts)
        at = link.to
        if at in passed:
            raise InputError(field, text, "a chain that passes a node once", f"{at} twice")
        passed.append(at)
    if scenario.nodes[at].cpu_hz is None:
        raise InputError(field, text, "a chain that ends at a node with cpu_hz", f"{at} has none")
    first = scenario.links[names[0]]
    if first.rate_bps is None and power_dbm(first, users) is None:
        raise InputError(f"users.{group}.power_dbm", None, "given", f"links.{names[0]} gives no power")
    return tuple(names)


def _check_objective(scenario: Scenario) -> None:
    goal = scenario.objective
    late = [name for name, users in scenario.users.items() if users.count and users.deadline_s is None]
    if goal.kind == "sum" and goal.beta == 0 and late:
        must = "> 0 unless every user has a deadline_s"
        raise InputError("objective.beta", goal.beta, must, f"else slow is cheap: users.{late[0]}")
