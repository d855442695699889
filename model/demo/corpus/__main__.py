"""`python -m model.demo.corpus --stats`: the size and make-up of the corpus; `--show N` prints N conversations."""

import argparse
from collections import Counter

from model.demo.corpus.compose import compose, rows
from model.demo.corpus.conversations import LANGUAGES, Conversation


def _print_stats(split: str, conversations: tuple[Conversation, ...]) -> None:
    turns = sum(len(conversation.turns) for conversation in conversations)
    letters = sum(len(turn.prompt) + len(turn.reply) for one in conversations for turn in one.turns)
    print(f"{split}: {len(conversations):,} conversations, {turns:,} turns, {letters:,} characters")
    counts = Counter((one.topic, one.lang) for one in conversations)
    print(f"  {'topic':<16}" + "".join(f"{lang:>8}" for lang in LANGUAGES))
    for topic in dict.fromkeys(topic for topic, _ in sorted(counts)):
        print(f"  {topic:<16}" + "".join(f"{counts[topic, lang]:>8,}" for lang in LANGUAGES))


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m model.demo.corpus", description=__doc__)
    parser.add_argument("--stats", action="store_true", help="print size and make-up")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print the first N conversations")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    train, test = compose(asked.seed, "train"), compose(asked.seed, "test")
    for conversation in train[: asked.show]:
        print(f"[{conversation.topic}, {conversation.lang}]")
        for turn in conversation.turns:
            print(f"  > {turn.prompt}\n  < {turn.reply}")
    if asked.stats or not asked.show:
        print(f"{len(rows()):,} rows in the tables, seed {asked.seed}")
        _print_stats("train", train)
        _print_stats("test", test)


if __name__ == "__main__":
    main()
