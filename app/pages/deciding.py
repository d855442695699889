"""What a moderator does with the open case: rule, take it back, second, hold, hand over, look again."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import gradio as gr

from app.context import readable
from app.edge import answering
from app.pages import evidence
from app.pages import form as forms
from app.pages.form import HOLDS, NOTE_CHARACTERS, REASON_CHARACTERS
from app.pages.quiet import QUIET
from app.pages.showing import Layout, Showing, Updates, open_id, refused
from app.parts import Parts
from app.wording import deciding as ruled
from app.wording import desk, page
from app.wording.prepared import fitting
from safety.types import Clause
from storage.columns import now
from storage.judging import ACTIONS, is_violation, label_of
from storage.types import Case, Judgement, LabelName, LeaseEnded, Moderator, NotFound, StaleCase


class Deciding:
    """The handlers of the form; each asks who is calling, and the store checks the rest again."""

    def __init__(self, parts: Parts, clauses: dict[str, Clause], layout: Layout, showing: Showing) -> None:
        self._parts, self._clauses, self._layout, self._showing = parts, clauses, layout, showing
        self._desk = parts.store.desk

    def wire(self) -> None:
        """Let the buttons of the form and of the case do their work."""
        layout, panel = self._layout, self._layout.case
        form, second, care = panel.form, panel.second, panel.care
        ruling: set[Any] = {form.ruling, form.clause, panel.found}
        whole = {*layout.asked, *form.fields, panel.found}
        form.ruling.input(self.ruled, ruling, [form.action, form.days, form.reason, form.right], **QUIET)
        form.clause.input(self.named, ruling, [form.right], **QUIET)
        form.action.input(self.follows, {form.action}, [form.days], **QUIET)
        everything = layout.everything
        form.decide.click(self.decide, whole, everything, **QUIET)
        form.alike.click(self.decide_alike, whole, everything, **QUIET)
        layout.undo.click(self.undo, layout.asked, everything, **QUIET)
        seconded = {*layout.asked, second.note}
        second.agree.click(self.agree, seconded, everything, **QUIET)
        second.disagree.click(self.disagree, seconded, everything, **QUIET)
        kept = {*layout.asked, care.hours, care.to, care.why}
        care.hold.click(self.hold, kept, everything, **QUIET)
        care.hand_over.click(self.hand_over, kept, everything, **QUIET)
        care.again.click(self.look_again, layout.asked, everything, **QUIET)

    # Filling the form

    @answering
    async def ruled(self, filled: Updates, request: gr.Request) -> Updates:
        """Offer what fits the ruling, with the findings that it says were right."""
        self._parts.identity.require_moderator(request)
        ruling = filled[self._layout.case.form.ruling]
        return {**forms.follows(self._layout.case.form, ruling), **self._right(filled)}

    @answering
    async def named(self, filled: Updates, request: gr.Request) -> Updates:
        """Mark the findings that this clause says were right."""
        self._parts.identity.require_moderator(request)
        return self._right(filled)

    @answering
    async def follows(self, filled: Updates, request: gr.Request) -> Updates:
        """Ask for how long, where the person is to be suspended."""
        self._parts.identity.require_moderator(request)
        form = self._layout.case.form
        return {form.days: gr.Number(visible=filled[form.action] == "suspend")}

    def _right(self, filled: Updates) -> Updates:
        form = self._layout.case.form
        usual = self._usual(filled)
        return {form.right: [flag_id for flag_id, label in usual.items() if label == "tp"]}

    def _usual(self, filled: Updates) -> dict[str, LabelName]:
        """What the ruling and the clause say of each finding, by its id."""
        form, found = self._layout.case.form, filled[self._layout.case.found]
        ruling, clause = filled[form.ruling], filled[form.clause]
        if ruling not in ACTIONS or ruling == "unsure":
            return {}
        return {flag_id: label_of(flagged, ruling, clause) for flag_id, flagged in found}

    # Ruling

    @answering
    async def decide(self, filled: Updates, request: gr.Request) -> Updates:
        """Rule on the open case, say what follows, and close it; a form that is not complete stays open."""
        moderator = self._parts.identity.require_moderator(request)
        case_id, judgement = open_id(filled[self._layout.case.about][0]), self._judgement(filled)
        made = await self._done(self._desk.decide, case_id, moderator.id, **asdict(judgement))
        reasons = [ruled.second_reason(name) for name in made.needs_second]
        said = ruled.decided(evidence.reference(case_id), made.ruling, made.clause, reasons)
        left = (made.effective_at - now()).total_seconds()
        if left > 0:
            said += " " + ruled.undo_until(round(left))
        return await self._showing.closed(moderator, filled, said, case_id if left > 0 else None)

    @answering
    async def decide_alike(self, filled: Updates, request: gr.Request) -> Updates:
        """Rule on all waiting cases about the very same text."""
        moderator = self._parts.identity.require_moderator(request)
        case_id = open_id(filled[self._layout.case.about][0])
        made = await self._done(self._desk.decide_alike, case_id, moderator.id, self._judgement(filled))
        return await self._showing.closed(moderator, filled, ruled.decided_alike(len(made)))

    @answering
    async def undo(self, filled: Updates, request: gr.Request) -> Updates:
        """Take the last decision back, and show its case again."""
        moderator = self._parts.identity.require_moderator(request)
        case_id = filled[self._layout.done_case]
        if not case_id:
            raise refused(ruled.nothing_to_undo())
        case = await asyncio.to_thread(self._desk.undo, case_id, moderator.id)
        gr.Info(ruled.undone(), title="")
        return {
            **await self._showing.opened(moderator, case, filled),
            self._layout.done_case: None,
            **self._as_it_was(case),
        }

    def _as_it_was(self, case: Case) -> Updates:
        """The words of the decision that was taken back, so that nobody types them again."""
        form = self._layout.case.form
        last = case.decisions[-1] if case.decisions else None
        return {form.note: last.note, form.public_note: last.public_note} if last else {}

    def _judgement(self, filled: Updates) -> Judgement:
        form = self._layout.case.form
        ruling, clause, action = filled[form.ruling], filled[form.clause], filled[form.action]
        if ruling not in ACTIONS:
            raise refused(ruled.choose_a_ruling())
        if is_violation(ruling) and clause not in self._clauses:
            raise refused(ruled.choose_a_clause())
        if action and action not in ACTIONS[ruling]:
            raise refused(ruled.choose_an_action())
        reason = filled[form.reason]
        return Judgement(
            ruling=ruling,
            clause=clause if is_violation(ruling) else None,
            note=_note(filled[form.note]),
            public_note=_note(filled[form.public_note]),
            row_version=filled[self._layout.case.about][1],
            action=action or None,
            days=int(filled[form.days] or 0) if action == "suspend" else None,
            reason_key=reason if reason in {key for _, key in fitting(ruling)} else None,
            labels=self._labels(filled),
        )

    def _labels(self, filled: Updates) -> dict[str, LabelName]:
        """Only where the moderator says otherwise than the ruling does."""
        right = set(filled[self._layout.case.form.right] or ())
        usual = self._usual(filled)
        added: dict[str, LabelName] = {
            one: "tp" for one, label in usual.items() if one in right and label != "tp"
        }
        taken: dict[str, LabelName] = {
            one: "fp" for one, label in usual.items() if one not in right and label == "tp"
        }
        return added | taken

    # A second person

    @answering
    async def agree(self, filled: Updates, request: gr.Request) -> Updates:
        """Let a colleague's decision stand."""
        return await self._seconded(filled, request, agrees=True)

    @answering
    async def disagree(self, filled: Updates, request: gr.Request) -> Updates:
        """Send the case on to somebody else."""
        return await self._seconded(filled, request, agrees=False)

    async def _seconded(self, filled: Updates, request: gr.Request, *, agrees: bool) -> Updates:
        moderator = self._parts.identity.require_moderator(request)
        case_id, row_version = filled[self._layout.case.about]
        note = _note(filled[self._layout.case.second.note])
        asked = {"agrees": agrees, "note": note, "row_version": row_version}
        made = await self._done(self._desk.second, open_id(case_id), moderator.id, **asked)
        can_undo = made.effective_at > now()
        said = ruled.agreed() if agrees else ruled.disagreed()
        return await self._showing.closed(moderator, filled, said, case_id if can_undo else None)

    # Keeping a case

    @answering
    async def hold(self, filled: Updates, request: gr.Request) -> Updates:
        """Keep the open case for hours; it leaves the page and stays theirs."""
        moderator = self._parts.identity.require_moderator(request)
        case_id, care = open_id(filled[self._layout.case.about][0]), self._layout.case.care
        hours = filled[care.hours] if filled[care.hours] in HOLDS else HOLDS[0]
        until = now() + timedelta(hours=hours)
        asked = {"until": until, "reason": _reason(filled[care.why])}
        await self._done(self._desk.hold, case_id, moderator.id, **asked)
        return await self._showing.closed(moderator, filled, ruled.held_until(f"{until:%Y-%m-%d %H:%M} UTC"))

    @answering
    async def hand_over(self, filled: Updates, request: gr.Request) -> Updates:
        """Give the open case to a colleague."""
        moderator = self._parts.identity.require_moderator(request)
        case_id, care = open_id(filled[self._layout.case.about][0]), self._layout.case.care
        colleagues = (await self._showing.reader(moderator)).colleagues
        to = filled[care.to]
        if to not in colleagues or to == moderator.id:
            raise refused(ruled.choose_somebody())
        asked = {"to": to, "reason": _reason(filled[care.why])}
        await self._done(self._desk.hand_over, case_id, moderator.id, **asked)
        return await self._showing.closed(moderator, filled, ruled.handed_over(colleagues[to]))

    @answering
    async def look_again(self, filled: Updates, request: gr.Request) -> Updates:
        """Open a new case about a decided one."""
        moderator: Moderator = self._parts.identity.require_moderator(request)
        case_id = open_id(filled[self._layout.case.about][0])
        case = await asyncio.to_thread(self._desk.reconsider, case_id, moderator.id)
        return await self._showing.opened(moderator, case, filled)

    async def _done(self, step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return await asyncio.to_thread(step, *args, **kwargs)
        except StaleCase:
            raise refused(ruled.stale()) from None
        except NotFound:
            raise refused(desk.no_such_case()) from None
        except LeaseEnded:
            raise refused(ruled.lease_ended()) from None


def _note(text: str | None) -> str:
    clean = readable(text or "")
    if len(clean) > NOTE_CHARACTERS:
        raise refused(page.too_long_a_note(len(clean), NOTE_CHARACTERS))
    return clean


def _reason(text: str | None) -> str:
    clean = readable(text or "").strip()[:REASON_CHARACTERS]
    if not clean:
        raise refused(ruled.say_why())
    return clean
