"""The SQLAlchemy tables: each row about a person carries its owner, and their unique keys begin with it."""

from storage.tables.base import Base
from storage.tables.cases import WAITS, CaseOpening, Evidence, LaterEvidence, Report, ReviewCase
from storage.tables.conversations import Conversation, Message, OpenReply, Searchable, SearchableTitle
from storage.tables.decisions import (
    Appeal,
    AppealText,
    Decision,
    DecisionCourse,
    DecisionLabel,
    DecisionNote,
    OutcomeHeard,
    Sanction,
    SanctionAddress,
    WarningRead,
)
from storage.tables.desk import AuditEvent, CaseExport, Moderator, ModeratorPerson, SavedView
from storage.tables.erasure import Deletion, Erasure
from storage.tables.judging import Flag, Verdict
from storage.tables.loop import RegressionConsent, RegressionPrompt, Threshold
from storage.tables.people import Account, Person, RecoveryCode, TermsAcceptance

APPEND_ONLY = ("audit_event", "decision", "deletion", "erasure")

__all__ = [
    "APPEND_ONLY",
    "WAITS",
    "Account",
    "Appeal",
    "AppealText",
    "AuditEvent",
    "Base",
    "CaseExport",
    "CaseOpening",
    "Conversation",
    "Decision",
    "DecisionCourse",
    "DecisionLabel",
    "DecisionNote",
    "Deletion",
    "Erasure",
    "Evidence",
    "Flag",
    "LaterEvidence",
    "Message",
    "Moderator",
    "ModeratorPerson",
    "OpenReply",
    "OutcomeHeard",
    "Person",
    "RecoveryCode",
    "RegressionConsent",
    "RegressionPrompt",
    "Report",
    "ReviewCase",
    "Sanction",
    "SanctionAddress",
    "SavedView",
    "Searchable",
    "SearchableTitle",
    "TermsAcceptance",
    "Threshold",
    "Verdict",
    "WarningRead",
]
