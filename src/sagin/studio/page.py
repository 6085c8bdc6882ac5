"""The page: what is chosen above, the scenario at the side, views in tabs."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from nicegui import Client, ui

from sagin.core.discovery import system_names
from sagin.core.errors import InputError
from sagin.studio import state as states
from sagin.studio.compute import own_schemes
from sagin.studio.files_panel import FilesPanel
from sagin.studio.form_panel import FormPanel
from sagin.studio.look_panel import LookPanel
from sagin.studio.numbers_panel import NumbersPanel
from sagin.studio.session import Session, Studio
from sagin.studio.state import State
from sagin.studio.sweep_panel import SweepPanel

CSS = """
.nicegui-content { padding: 12px; max-width: 1400px; margin: 0 auto; align-items: stretch; }
.grow { flex: 1 1 0; min-width: 0; }
.no-wrap { flex-wrap: nowrap; }
.w-full { width: 100%; }
.items-center { align-items: center; }
.gap-0 { gap: 0; } .gap-1 { gap: 4px; }
.studio-select { min-width: 150px; flex: 1 1 150px; max-width: 280px; }
.studio-schemes { max-width: none; flex: 2 1 300px; }
.studio-drop { min-width: 240px; gap: 12px; }
.studio-chart { width: 100%; }
.studio-square { width: 100%; max-width: 640px; aspect-ratio: 1; margin: 0 auto; }
.studio-faint { opacity: 0.8; }
.studio-error { color: #b3261e; } .body--dark .studio-error { color: #ff9d94; }
.studio-field { padding: 4px 0; border-left: 3px solid transparent; padding-left: 6px; }
.studio-changed { border-left-color: #d55e00; }
.studio-remark { font-size: 0.9rem; overflow-wrap: anywhere; }
.studio-side { align-items: flex-start; }
.studio-half { flex: 1 1 420px; min-width: 0; max-width: 100%; }
.studio-frame { width: 100%; height: 70vh; border: 0; background: #fff; }
.studio-upload { width: 100%; max-height: 120px; }
.studio-head { gap: 8px; }
.studio-code { white-space: pre-wrap; overflow-wrap: anywhere; font-family: monospace; font-size: 0.85rem; }
.q-tab-panel { padding: 12px 0; }
.q-table td, .q-table th { font-variant-numeric: tabular-nums; }
.body--dark main, .body--dark .q-drawer, .body--dark .q-dialog { --q-primary: #86bdf0; }
.body--dark .q-btn.bg-primary, .body--dark .q-uploader__header { --q-primary: #0b5fa5; }
.q-tab-panels { background: transparent; }
.studio-table td { vertical-align: top; white-space: nowrap; }
.studio-table td.studio-long { min-width: 260px; max-width: 480px; white-space: normal; overflow-wrap: anywhere; }
.studio-cell { max-height: 7em; overflow: auto; }
.body--dark { background: #14171a; } .body--dark .q-drawer, .body--dark .q-table__card { background: #1d2125; }
@media (max-width: 599px) {
  .nicegui-content { padding: 8px; }
  .studio-head .q-btn { order: -1; }
  .studio-head .q-field { flex: 1 1 40%; min-width: 0; }
  .studio-select { max-width: none; }
  .studio-head .studio-schemes { flex: 1 1 100%; order: 1; }
}
a.studio-skip { position: absolute; left: -9999px; }
a.studio-skip:focus { left: 8px; top: 8px; z-index: 9999; background: #fff; color: #000; padding: 8px; }
"""
SCHEME_JS = "window.matchMedia('(prefers-color-scheme: dark)').matches"


def build(studio: Studio, client: Client, given: State, problem: str = "", opened: str = "") -> None:
    """One page for one session; it ends a little after its browser has gone."""
    try:
        session = Session(studio, given)
    except InputError as error:
        ui.label(str(error))
        return
    client.on_delete(session.end)
    ui.colors(primary="#0b5fa5")
    ui.html('<a class="studio-skip" href="#main">Skip to the views</a>', sanitize=False)
    dark = ui.dark_mode(None)
    with ui.header(elevated=False).classes("studio-head items-center"):
        menu = ui.button(icon="tune").props('flat round color=white aria-label="Parameters"').mark("menu")
        ui.label("sagin studio").classes("text-h6 gt-xs")
        Head(session)
        _theme(session, dark)
        _share(session)
    drawer = ui.left_drawer(value=False, bordered=True, fixed=True).props(
        'show-if-above width=330 breakpoint=900 aria-label="Scenario"'
    )
    menu.on_click(drawer.toggle)
    with drawer:
        FormPanel(session)
    with ui.element("div").props("id=main").classes("w-full"):  # the page itself is the main landmark
        Status(session, problem)
        with ui.tabs().classes("w-full").props("dense no-caps inline-label mobile-arrows") as tabs:
            names = {"look": "Network", "sweep": "Sweep", "files": "Files"}
            for name, title in names.items():
                ui.tab(name, title).mark(f"tab-{name}")
        with ui.tab_panels(tabs, value="look", animated=False, keep_alive=True).classes("w-full"):
            with ui.tab_panel("look"):
                NumbersPanel(session)
                LookPanel(session)
            with ui.tab_panel("sweep"):
                SweepPanel(session)
            with ui.tab_panel("files"):
                files = FilesPanel(session)
    ui.add_css(CSS)
    if opened and opened in files.things:
        tabs.set_value("files")
        ui.timer(0.1, lambda: files.show(files.things[opened]), once=True)
    session.decide()


class Head:
    """System, seeds and schemes."""

    def __init__(self, session: Session) -> None:
        self.session, self.quiet = session, False
        self.system = ui.select(system_names(), label="System", value=session.state.system, on_change=self._system)
        self.seeds = ui.input("Seeds", value=session.state.seeds, on_change=self._seeds)
        self.schemes = ui.select(
            {},
            label="Schemes, or my.py:solve",
            multiple=True,
            new_value_mode="add-unique",
            key_generator=str,
            on_change=self._schemes,
        )
        for widget, mark in ((self.system, "system"), (self.seeds, "seeds"), (self.schemes, "schemes")):
            widget.props("dense outlined dark options-dense debounce=300").classes("studio-select").mark(mark)
        self.schemes.props('display-value="" use-chips').classes("studio-schemes")
        session.on("state", self._state)
        session.on("status", self._error)
        self._state()

    def _system(self, event: Any) -> None:
        if not self.quiet:
            self.session.put(self.session.state.of(event.value))

    def _seeds(self, event: Any) -> None:
        if not self.quiet:
            self.session.change(seeds=event.value or "")

    def _schemes(self, event: Any) -> None:
        if not self.quiet:
            self.session.change(schemes=tuple(event.value or ()))

    def _state(self) -> None:
        state = self.session.state
        self.quiet = True
        try:
            base = state.base
            known = {scheme.name: f"{scheme.name} ({scheme.role})" for scheme in base.schemes}
            files = own_schemes(self.session.studio.folder)
            known |= {word: f"{word} (own)" for word in (*files, *state.places)}
            chosen = list(state.schemes) or [*base.names("paper"), *base.names("improved")]
            self.system.set_value(state.system)
            self.seeds.set_value(state.seeds)
            self.schemes.set_options(known, value=[name for name in chosen if name in known])
        finally:
            self.quiet = False

    def _error(self) -> None:
        error = self.session.error
        for name, widget in (("seeds", self.seeds), ("scheme", self.schemes)):
            widget.error = str(error) if error and error.field == name else None


class Status:
    """What is going on, and what is wrong, in one line that screen readers say."""

    def __init__(self, session: Session, problem: str) -> None:
        self.session, self.problem = session, problem
        with ui.row().classes("w-full items-center no-wrap").props('role="status" aria-live="polite"'):
            self.spinner = ui.spinner(size="sm").props('aria-hidden="true"')
            self.text = ui.label().classes("studio-faint").mark("status")
        self.error = ui.label(problem).classes("studio-error w-full").props('role="alert"').mark("error")
        session.on("status", self.show)
        self.show()

    def show(self) -> None:
        """Say it."""
        self.spinner.set_visibility(bool(self.session.status))
        self.text.set_text(self.session.status or "up to date")
        self.error.set_text(str(self.session.error) if self.session.error else self.problem)
        self.error.set_visibility(bool(self.error.text))


def _theme(session: Session, dark: Any) -> None:
    """Light, dark or as the system is; charts follow."""

    def follow(is_dark: bool) -> None:
        session.look = type(session.look)(is_dark)
        session.tell("look")

    def turn() -> None:
        dark.set_value(not session.look.dark)
        follow(bool(dark.value))

    async def ask() -> None:
        with suppress(TimeoutError):  # a page that went away says nothing
            if await ui.run_javascript(SCHEME_JS, timeout=5):
                follow(True)

    ui.button(icon="contrast", on_click=turn).props('flat round color=white aria-label="Light or dark"').mark("theme")
    ui.timer(0.05, ask, once=True)


def _share(session: Session) -> None:
    """The state as a link, as Python, as a command."""

    async def show() -> None:
        text.clear()
        state = session.state
        with text:
            for title, content in (
                ("Link", f"/?s={state.to_link()}"),
                ("Python", states.as_python(state)),
                ("Command line", states.as_command(state)),
            ):
                ui.label(title).classes("text-subtitle2")
                ui.label(content).classes("studio-code w-full").mark(f"share-{title.split()[0].lower()}")
                ui.button("Copy", on_click=lambda _, what=content: _copy(what)).props("outline dense no-caps")
        dialog.open()

    with ui.dialog() as dialog, ui.card().classes("w-full"):
        text = ui.column().classes("w-full")
        ui.button("Close", on_click=dialog.close).props("flat no-caps")
    ui.button(icon="share", on_click=show).props('flat round color=white aria-label="Share"').mark("share")

    def follow() -> None:
        ui.navigate.history.replace(f"/?s={session.state.to_link()}")

    session.on("state", follow)


def _copy(text: str) -> None:
    word = text if not text.startswith("/?s=") else None
    if word is None:
        ui.run_javascript(f"navigator.clipboard.writeText(location.origin + {text!r})")
    else:
        ui.clipboard.write(text)
    ui.notify("copied")


def opening(word: str, first: State, foreign: bool) -> tuple[State, str]:
    """The state of an address and what is wrong with it; files of one's own never run for a page of another site."""
    if not word:
        return first, ""
    try:
        found = states.from_link(word)
    except InputError as error:
        return first, str(error)
    if foreign and found.places:
        kept = tuple(name for name in found.schemes if name not in found.places)
        return State(**{**vars(found), "schemes": kept}), "schemes of your own in a link from another site are left out"
    return found, ""
