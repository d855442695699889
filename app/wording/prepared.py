"""Prepared reasons: a moderator picks one by its key, and each person reads it in the language of their page."""

from app.wording.languages import said
from storage.types import Ruling

_REASONS: dict[str, tuple[tuple[Ruling, ...], dict[str, str]]] = {
    "asks_for_harm": (
        ("misuse",),
        {
            "en": "The message asks for something that this clause forbids.",
            "ko": "메시지가 이 조항이 금지하는 것을 요청합니다.",
            "zh": "这条消息要求的内容为该条款所禁止。",
            "ja": "メッセージが、この条項で禁じられていることを求めています。",
        },
    ),
    "attacks_people": (
        ("misuse", "model_failure"),
        {
            "en": "The text attacks or degrades a person or a group.",
            "ko": "이 글은 어떤 사람이나 집단을 공격하거나 비하합니다.",
            "zh": "这段文字攻击或贬低了某个人或群体。",
            "ja": "この文章は、特定の人や集団を攻撃し、またはおとしめています。",
        },
    ),
    "model_went_wrong": (
        ("model_failure",),
        {
            "en": "The model said what it must not say. That was its mistake, not yours.",
            "ko": "모델이 해서는 안 될 말을 했습니다. 이용자의 잘못이 아니라 모델의 잘못입니다.",
            "zh": "模型说了不该说的话。这是模型的错误，不是您的错误。",
            "ja": "モデルが言ってはならないことを言いました。あなたではなく、モデルの誤りです。",
        },
    ),
    "harmless_meaning": (
        ("no_violation",),
        {
            "en": "The words could be read badly, but here they mean something harmless.",
            "ko": "나쁘게 읽힐 수 있는 표현이지만 여기서는 해롭지 않은 뜻입니다.",
            "zh": "这些词可能有不好的含义，但在这里是无害的。",
            "ja": "悪い意味にも取れる言葉ですが、ここでは無害な意味で使われています。",
        },
    ),
    "allowed_purpose": (
        ("no_violation",),
        {
            "en": "It serves teaching, research, the news or a work of art, which the policy allows.",
            "ko": "정책이 허용하는 교육, 연구, 보도 또는 예술을 위한 것입니다.",
            "zh": "它用于政策允许的教学、研究、新闻或艺术创作。",
            "ja": "ポリシーが認める教育、研究、報道、芸術のためのものです。",
        },
    ),
    "check_was_wrong": (
        ("no_violation",),
        {
            "en": "The automatic check was wrong. We are sorry that it stopped you.",
            "ko": "자동 검사가 틀렸습니다. 불편을 드려 죄송합니다.",
            "zh": "自动检查判断有误。给您带来不便，我们深表歉意。",
            "ja": "自動の確認が誤っていました。止めてしまい、申し訳ありません。",
        },
    ),
}


def prepared(key: str | None, language: str | None) -> str:
    """The reason of this key in a language; "" for none and for one that is not among ours any more."""
    return said(language, **_REASONS[key][1]) if key in _REASONS else ""


def fitting(ruling: str | None) -> list[tuple[str, str]]:
    """The reasons that fit a ruling, as choices: what the moderator reads, and the key."""
    return [(texts["en"], key) for key, (rulings, texts) in _REASONS.items() if ruling in rulings]
