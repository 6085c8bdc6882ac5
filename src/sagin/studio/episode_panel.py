"""An episode on a page: a slider of time, everything where it was, decisions growing old."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from sagin.core.discovery import system as find_system
from sagin.studio import charts, episodes
from sagin.studio.episodes import Episode
from sagin.studio.look_panel import TITLES, put_chart
from sagin.studio.session import Session

STEP_S = 0.4  # a slot, when it plays


class EpisodePanel:
    """Views of a slot under a policy, and the objective over time."""

    def __init__(self, session: Session, episode: Episode) -> None:
        self.session, self.episode = session, episode
        names = {name: name.replace("__", ", ") for name in episode.policies}
        with ui.row().classes("w-full items-center"):
            self.policy = ui.select(names, label="Policy", value=next(iter(names)), on_change=self.show)
            self.view = ui.select({}, label="View", on_change=self.show)
            self.seed = ui.select(
                {k: f"seed {seed}" for k, seed in enumerate(episode.seeds)}, label="Seed", value=0, on_change=self.show
            )
            for widget in (self.policy, self.view, self.seed):
                widget.props("dense outlined options-dense").classes("studio-select")
        with ui.row().classes("w-full items-center no-wrap"):
            self.play = ui.button(icon="play_arrow", on_click=self._play).props('flat round aria-label="Play"')
            self.slot = ui.slider(min=0, max=max(episode.slots - 1, 1), step=1, value=0, on_change=self.show)
            self.slot.props('aria-label="Slot" label').classes("grow").mark("slot")
        self.facts = (
            ui.table(
                columns=[{"name": k, "label": k, "field": k, "align": "left"} for k in ("what", "now")],
                rows=[],
                row_key="what",
            )
            .props('dense flat hide-header hide-pagination :rows-per-page-options="[0]"')
            .classes("w-full")
            .mark("facts")
        )
        self.chart = ui.echart(charts.trace({}, None, "", charts.Look())).classes("w-full studio-chart")
        self.time = ui.echart(charts.trace({}, None, "", charts.Look())).classes("w-full studio-chart")
        self.timer = ui.timer(STEP_S, self._next, active=False)
        session.on("look", self.show)
        self.view.set_options(self._views(0), value="map")
        self.show()

    def _views(self, row: int) -> dict[str, str]:
        part = self.episode.policies[self.policy.value]
        drawn = find_system(self.episode.answer.system).look(self.episode.answer.drops, part.decision, row)
        found = {name: TITLES.get(name, name) for name in drawn}
        if episodes.sky_at(self.episode, row) is not None:
            found["seats"] = "Sky: satellites in their seats"
        if episodes.ground_at(self.episode, row) is not None:
            found["ground"] = "Ground: users where they are"
        return found

    def show(self) -> None:
        """Draw the slot."""
        if self.chart.is_deleted:
            return
        row = episodes.row_of(self.episode, int(self.seed.value), int(self.slot.value or 0))
        name, view = self.policy.value, self.view.value
        part = self.episode.policies[name]
        if view == "seats":
            picture = episodes.sky_at(self.episode, row)
        elif view == "ground":
            picture = episodes.ground_at(self.episode, row)
        else:
            drawn = find_system(self.episode.answer.system).look(self.episode.answer.drops, part.decision, row)
            picture = drawn.get(view)
        if picture is not None:
            quantity = next(iter(picture.weights), "")
            put_chart(
                self.chart,
                charts.draw(picture, self.session.look, quantity),
                f"{view} in slot {int(self.slot.value or 0) + 1}",
            )
        told = episodes.facts_at(self.episode, name, row)
        self.facts.rows = [{"what": what, "now": now} for what, now in told.items()]
        lines = episodes.curves(self.episode, int(self.seed.value))
        at = float(self.episode.minutes[int(self.slot.value or 0)])
        unit = find_system(self.episode.answer.system).objective_unit
        label = f"objective ({unit})" if unit else "objective"
        put_chart(
            self.time,
            charts.over_time(self.episode.minutes, lines, at, label, self.session.look),
            "Objective over time",
        )

    def _play(self) -> None:
        self.timer.active = not self.timer.active
        self.play.props(f"icon={'pause' if self.timer.active else 'play_arrow'}")

    def _next(self) -> Any:
        if self.chart.is_deleted:
            self.timer.cancel()
            return
        self.slot.set_value((int(self.slot.value or 0) + 1) % self.episode.slots)
