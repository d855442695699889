"""The reasons a person can report a reply for: plain words, each standing for a clause of the policy."""

OTHER = "other"

REASONS: tuple[tuple[str, str], ...] = (
    ("Hateful towards a group of people", "PUP-2.e.i"),
    ("Harassing, bullying or insulting", "PUP-2.e.ii"),
    ("Encourages or describes how to do violence", "PUP-2.e.iii"),
    ("About suicide or self-harm", "PUP-2.e.iv"),
    ("Sexual", "PUP-4"),
    ("Sexualises or endangers children", "PUP-2.a.i"),
    ("Helps with something dangerous or illegal", "PUP-2.a"),
    ("Fraud, phishing, spam or malware", "PUP-2.c.ii"),
    ("Gives away somebody's private data", "PUP-2.e.viii"),
    ("Wrong or misleading in a way that can hurt", "PUP-3"),
    ("Unfair to a group of people", "PUP-2.e.vii"),
    ("Breaks somebody's rights", "PUP-1"),
    ("Something else", OTHER),
)


def reason(code: str) -> str:
    """The plain words for a reason's code; the code itself where it is a clause chosen by a moderator."""
    return next((words for words, clause in REASONS if clause == code), code)
