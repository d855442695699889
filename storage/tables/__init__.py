"""The SQLAlchemy tables: each row about a person carries its owner, and their unique keys begin with it."""

from storage.tables.base import Base
from storage.tables.cases import Decision, DecisionNote, Evidence, Report, ReviewCase
from storage.tables.conversations import Conversation, Message
from storage.tables.desk import AuditEvent, Moderator
from storage.tables.judging import Flag, Verdict
from storage.tables.people import Account, Person, RecoveryCode, TermsAcceptance

APPEND_ONLY = ("audit_event", "decision")

__all__ = [
    "APPEND_ONLY",
    "Account",
    "AuditEvent",
    "Base",
    "Conversation",
    "Decision",
    "DecisionNote",
    "Evidence",
    "Flag",
    "Message",
    "Moderator",
    "Person",
    "RecoveryCode",
    "Report",
    "ReviewCase",
    "TermsAcceptance",
    "Verdict",
]
