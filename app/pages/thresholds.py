"""The desk's panel of thresholds: what the labels certify, and who proposes, tries and switches on what."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from app.edge import answering
from app.learning import AUDIT_RISK, GOAL, Key, Learning, Missed, Standing
from app.pages.evidence import reference
from app.pages.quiet import QUIET
from app.pages.table import text_table
from app.parts import Parts
from app.wording import thresholds as words
from safety.certify import Certificate
from storage.types import IllegalMove, Moderator, Replayed, Threshold, Trial

Updates = dict[Any, Any]
Chosen = str | None
"""The first cell of the open row."""
COLUMNS = ["Findings", "What the labels say", "Acts from", "Under way"]
WIDTHS = ["30%", "36%", "19%", "15%"]
REPLAY_COLUMNS = ["When", "Case", "Score", "What would change"]
REPLAY_WIDTHS = ["28%", "22%", "16%", "34%"]
MOST_REPLAYED = 100


@dataclass(frozen=True, slots=True)
class Opened:
    """All that is shown of one row."""

    standing: Standing
    replayed: tuple[Replayed, ...]
    trial: Trial
    names: dict[str, str]
    clause: str


class ThresholdsPanel:
    """The panel's components and handlers; built empty, filled for a moderator when it is opened."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._learning = Learning(parts.guard, parts.store)

    def build(self) -> None:
        """Lay the panel out inside the caller's tab and wire it; the tab's opening is to call `load`."""
        gr.Markdown(words.intro(GOAL.precision, GOAL.risk), elem_classes="bezel-quiet")
        self.chosen = gr.State(None)
        self.nothing = gr.Markdown(words.nothing_yet(), visible=False, elem_id="no-thresholds")
        self.rows = text_table(COLUMNS, "thresholds", widths=WIDTHS)
        self.missed = gr.Markdown(elem_id="missed")
        with gr.Column(visible=False, elem_id="threshold") as self.detail:
            self.about = gr.Markdown()
            self.differs = gr.Markdown()
            self.replay = text_table(REPLAY_COLUMNS, "replay", widths=REPLAY_WIDTHS)
            with gr.Row():
                self.buttons = [gr.Button(name, size="sm") for name in words.buttons()]
        self._wire()

    def _wire(self) -> None:
        self.rows.select(self.open_row, None, self.shown, **QUIET)
        steps = (self.propose, self.start_shadow, self.activate, self.withdraw, self.switch_off)
        for button, step in zip(self.buttons, steps, strict=True):
            button.click(step, self.chosen, self.shown, **QUIET)

    @property
    def shown(self) -> list[Any]:
        """Every component that a handler changes."""
        listed = [self.nothing, self.rows, self.missed, self.chosen]
        return [*listed, self.detail, self.about, self.differs, self.replay, *self.buttons]

    @answering
    async def load(self, request: gr.Request) -> Updates:
        """Fill the list; no row is open."""
        self._parts.identity.require_moderator(request)
        return await self._filled(None)

    @answering
    async def open_row(self, chosen: gr.SelectData, request: gr.Request) -> Updates:
        """Show all of the chosen row."""
        self._parts.identity.require_moderator(request)
        return await self._filled(str(chosen.row_value[0]) if chosen.row_value else None)

    @answering
    async def propose(self, chosen: Chosen, request: gr.Request) -> Updates:
        """Propose what the labels certify."""
        moderator = self._parts.identity.require_moderator(request)
        standing = await self._standing(chosen)
        await asyncio.to_thread(self._learning.propose, moderator.id, standing.key)
        return await self._filled(chosen)

    @answering
    async def start_shadow(self, chosen: Chosen, request: gr.Request) -> Updates:
        """Let the proposed one run beside the one in force."""
        return await self._moved(chosen, request, self._parts.store.thresholds.start_shadow, of_active=False)

    @answering
    async def activate(self, chosen: Chosen, request: gr.Request) -> Updates:
        """Switch on the one in shadow; the store asks for a lead who did not propose it."""
        return await self._moved(chosen, request, self._parts.store.thresholds.activate, of_active=False)

    @answering
    async def withdraw(self, chosen: Chosen, request: gr.Request) -> Updates:
        """Give up the one that is under way."""
        return await self._moved(chosen, request, self._parts.store.thresholds.retire, of_active=False)

    @answering
    async def switch_off(self, chosen: Chosen, request: gr.Request) -> Updates:
        """Take back the one in force, so that the policy's word holds again."""
        return await self._moved(chosen, request, self._parts.store.thresholds.retire, of_active=True)

    async def _moved(
        self,
        chosen: Chosen,
        request: gr.Request,
        step: Callable[[str, str], Threshold],
        *,
        of_active: bool,
    ) -> Updates:
        moderator: Moderator = self._parts.identity.require_moderator(request)
        standing = await self._standing(chosen)
        threshold = standing.active if of_active else standing.under_way
        if threshold is None:
            gr.Warning(words.not_there_any_more(), title="")
            return await self._filled(chosen)
        await asyncio.to_thread(step, threshold.id, moderator.id)
        await asyncio.to_thread(self._learning.bring_up_to_date)
        return await self._filled(chosen)

    async def _standing(self, chosen: Chosen) -> Standing:
        found = self._find(await asyncio.to_thread(self._learning.standings), chosen)
        if found is None:
            raise IllegalMove(words.nothing_chosen())
        return found

    def _find(self, standings: tuple[Standing, ...], chosen: Chosen) -> Standing | None:
        """The row that was chosen; what comes back from the browser is only compared."""
        return next((one for one in standings if _name(one.key) == chosen), None)

    async def _filled(self, chosen: Chosen) -> Updates:
        standings = await asyncio.to_thread(self._learning.standings)
        missed = await asyncio.to_thread(self._learning.missed)
        found = self._find(standings, chosen)
        opened = await asyncio.to_thread(self._opened, found) if found else None
        return {
            self.nothing: gr.Markdown(visible=not standings),
            self.rows: gr.Dataframe([_row(one) for one in standings], visible=bool(standings)),
            self.missed: _missed(missed),
            self.chosen: chosen if opened else None,
            **(self._detail(opened) if opened else {self.detail: gr.Column(visible=False)}),
        }

    def _opened(self, standing: Standing) -> Opened:
        accounts = self._parts.store.moderators.everyone()
        return Opened(
            standing=standing,
            replayed=self._learning.replay(standing),
            trial=self._learning.trial(standing),
            names={account.id: account.name for account in accounts},
            clause=self._parts.guard.clause(standing.key.clause).title,
        )

    def _detail(self, opened: Opened) -> Updates:
        standing, replayed = opened.standing, opened.replayed
        has_candidate = standing.under_way is not None or isinstance(standing.found, Certificate)
        status = standing.under_way.status if standing.under_way else None
        can_propose = isinstance(standing.found, Certificate) and status is None
        possible = (
            can_propose,
            status == "proposed",
            status == "shadow",
            status is not None,
            standing.active is not None,
        )
        return {
            self.detail: gr.Column(visible=True),
            self.about: _about(opened),
            self.differs: gr.Markdown(words.differs(len(replayed)), visible=has_candidate),
            self.replay: gr.Dataframe(
                [_replayed(one) for one in replayed[:MOST_REPLAYED]], visible=bool(replayed)
            ),
            **{button: gr.Button(visible=can) for button, can in zip(self.buttons, possible, strict=True)},
        }


def _name(key: Key) -> str:
    return words.findings(key.check, key.clause, key.side)


def _row(one: Standing) -> list[str]:
    return [
        _name(one.key),
        words.found(one.found, GOAL.precision, GOAL.risk),
        words.acts_from(one.acts_from, is_learned=one.active is not None),
        words.under_way(one.under_way.terms.value, one.under_way.status) if one.under_way else "",
    ]


def _missed(found: Missed) -> str:
    seen, sure = found.audited, 1 - AUDIT_RISK
    return words.missed(seen.turns, seen.violations, seen.undecided, at_most=found.at_most, sure=sure)


def _about(opened: Opened) -> str:
    one, names = opened.standing, opened.names
    said = [text.is_right for text in one.texts]
    labels = words.labels(said.count(True), said.count(False), said.count(None))
    lines = [
        words.head(one.key.check, one.key.clause, opened.clause, one.key.side),
        f"{labels} {words.found(one.found, GOAL.precision, GOAL.risk)}.",
    ]
    if one.active and one.active.activated_at and one.active.activated_by:
        who = names[one.active.activated_by]
        lines.append(words.active(one.active.terms.value, who, f"{one.active.activated_at:%Y-%m-%d}"))
    if one.under_way:
        who, when = names[one.under_way.proposed_by], f"{one.under_way.proposed_at:%Y-%m-%d}"
        lines.append(words.proposed(one.under_way.terms.value, who, when))
        if one.under_way.shadow_at:
            since = f"{one.under_way.shadow_at:%Y-%m-%d %H:%M} UTC"
            lines.append(words.tried(one.key.side, opened.trial.verdicts, opened.trial.changed, since))
            lines.append(words.second_person())
    return "\n\n".join(lines)


def _replayed(one: Replayed) -> list[str]:
    when = f"{one.at:%Y-%m-%d %H:%M} UTC"
    return [when, reference(one.case_id), f"{one.score:.2f}", words.change(one.was, one.would)]
