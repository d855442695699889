"""Prompts that point back: "and of Germany?", "what did I ask first?", "say that again", "repeat after me"."""

import random
from collections.abc import Mapping, Sequence

from model.demo.corpus.conversations import LANGUAGES, Conversation, Split, Turn
from model.demo.corpus.tables import fill, table

_BACK: dict[str, dict[str, tuple[Sequence[str], Sequence[str], str]]] = {
    "en": {
        "first": (("What did I ask first?", "What was my first question?", "What was the first thing I said?", "What did I say first?", "Which question did I ask first?", "Tell me my first message."), ("With what did I begin?", "Do you remember what I asked first?"), 'You first said: "{x}"'),
        "last": (("What did I just say?", "What was my last question?", "What did I ask before this?", "Repeat my last message.", "What was my last message?", "What did I say a moment ago?"), ("Do you remember my last question?", "Which question did I ask last?"), 'You last said: "{x}"'),
        "again": (("Say that again.", "Can you repeat that?", "Repeat your answer.", "What did you just say?", "Please say it again.", "Once more, please.", "Again, please."), ("I missed that, once more?", "Could you repeat your answer?"), "{x}"),
    },
    "ko": {
        "first": (("제가 처음에 뭐라고 물었죠?", "내 첫 질문이 뭐였지?", "처음에 뭐라고 했지?", "제 첫 메시지는 뭐였나요?"), ("제가 맨 처음 무엇을 물어봤나요?",), "처음 말씀: \"{x}\""),
        "last": (("제가 방금 뭐라고 했죠?", "내 마지막 질문이 뭐였지?", "방금 뭐라고 물었지?"), ("제 마지막 질문을 말해 주세요.",), "마지막 말씀: \"{x}\""),
        "again": (("다시 말해 주세요.", "한 번 더 말해 줘.", "방금 한 답을 반복해 주세요."), ("못 들었어요, 다시 한번요.",), "{x}"),
    },
    "zh": {
        "first": (("我一开始问了什么？", "我的第一个问题是什么？", "我最先说了什么？", "我的第一条消息是什么？"), ("最开始我问的是什么？",), "你最先说：“{x}”"),
        "last": (("我刚才说了什么？", "我上一个问题是什么？", "我刚刚问了什么？"), ("请说出我的上一个问题。",), "你刚才说：“{x}”"),
        "again": (("再说一遍。", "请重复一下。", "重复你的回答。"), ("我没听清，再来一次。",), "{x}"),
    },
    "ja": {
        "first": (("最初に何を聞きましたか？", "私の最初の質問は何でしたか？", "初めに何と言いましたか？", "私の最初のメッセージは？"), ("一番最初に私は何を聞きましたか？",), "最初の言葉：「{x}」"),
        "last": (("今、何と言いましたか？", "私の前の質問は何でしたか？", "さっき何を聞きましたか？"), ("私の前の質問を言ってください。",), "前の言葉：「{x}」"),
        "again": (("もう一度言ってください。", "繰り返してください。", "さっきの答えをもう一度。"), ("聞こえませんでした、もう一度。",), "{x}"),
    },
}  # fmt: skip
_ECHO = {
    "en": (("Repeat after me: {x}", 'Say "{x}"', "Say this: {x}", "Repeat this: {x}", "Echo: {x}"), ("Say after me: {x}",)),
    "ko": (("따라 하세요: {x}", "이 말을 반복해 줘: {x}", "다음을 말해 주세요: {x}"), ("따라 말해 보세요: {x}",)),
    "zh": (("跟我说：{x}", "重复这句话：{x}", "请说：{x}"), ("照着念：{x}",)),
    "ja": (("続けて言ってください：{x}", "これを繰り返して：{x}", "次を言ってください：{x}"), ("まねして言って：{x}",)),
}  # fmt: skip
_AND = {
    "en": (("And of {x}?", "And {x}?", "What about {x}?", "and for {x}?", "How about {x}?"), ("And what is it for {x}?",)),
    "ko": (("{x}{은/는}요?", "그럼 {x}{은/는}?", "{x}{은/는} 어때요?"), ("{x}의 경우는요?",)),
    "zh": (("{x}呢？", "那{x}呢？"), ("换成{x}呢？",)),
    "ja": (("{x}は？", "では{x}は？", "{x}はどうですか？"), ("{x}の場合は？",)),
}  # fmt: skip


def _capitals(rng: random.Random, lang: str, split: Split) -> tuple[Turn, Turn]:
    part, at = table("forms")["capital"][lang], LANGUAGES.index(lang)
    one, two = rng.sample(table("countries")["rows"], 2)

    def said(entry: Sequence[str]) -> str:
        return fill(part["say"], x=entry[2 * at], y=entry[2 * at + 1]).replace("*", "")

    core = rng.choice([core for core in part["cores"] if core[0] not in ">="] or part["held"])
    asks = _AND[lang][split == "test"]
    return (
        Turn(fill(core, x=one[2 * at]), said(one)),
        Turn(fill(rng.choice(asks), x=two[2 * at]), said(two)),
    )


def draw(rng: random.Random, split: Split, between: Mapping[str, Sequence[Turn]]) -> Conversation:
    """A conversation whose last prompt needs the turns before it."""
    lang = rng.choices(LANGUAGES, (64, 12, 12, 12))[0]
    kind = rng.choices(("first", "last", "again", "echo", "and"), (4, 2, 2, 3, 3))[0]
    filler = [rng.choice(between[lang]) for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 5, 6)))]
    if kind == "and":
        return Conversation("follow-up", lang, _capitals(rng, lang, split))
    if kind == "echo":
        said = rng.choice(between[lang])
        text = rng.choice((said.reply, said.prompt))
        return Conversation(
            "follow-up", lang, (Turn(rng.choice(_ECHO[lang][split == "test"]).replace("{x}", text), text),)
        )
    asks, held, say = _BACK[lang][kind]
    about = {"first": filler[0].prompt, "last": filler[-1].prompt, "again": filler[-1].reply}[kind]
    asked = Turn(rng.choice(held if split == "test" else asks), say.replace("{x}", about))
    return Conversation("follow-up", lang, (*filler, asked))
