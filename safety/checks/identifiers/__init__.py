"""Identifiers and secrets: cards, accounts, national ids, phones, addresses, wallets, keys and passwords."""

from safety.checks.identifiers.check import Identifiers
from safety.checks.identifiers.holding import settled

__all__ = ["Identifiers", "settled"]
