"""The reasons a person can report a reply for: plain words, each standing for a clause of the policy."""

from app.wording.languages import said

OTHER = "other"

_REASONS: dict[str, dict[str, str]] = {
    "PUP-2.e.i": {
        "en": "Hateful towards a group of people",
        "ko": "특정 집단에 대한 혐오",
        "zh": "仇恨某一群体",
        "ja": "特定の集団への憎悪",
    },
    "PUP-2.e.ii": {
        "en": "Harassing, bullying or insulting",
        "ko": "괴롭힘, 따돌림 또는 모욕",
        "zh": "骚扰、欺凌或侮辱",
        "ja": "嫌がらせ、いじめ、侮辱",
    },
    "PUP-2.e.iii": {
        "en": "Encourages or describes how to do violence",
        "ko": "폭력을 부추기거나 그 방법을 설명함",
        "zh": "鼓励暴力或说明如何施暴",
        "ja": "暴力をあおる、またはその方法を説明している",
    },
    "PUP-2.e.iv": {
        "en": "About suicide or self-harm",
        "ko": "자살 또는 자해에 관한 내용",
        "zh": "涉及自杀或自残",
        "ja": "自殺や自傷に関する内容",
    },
    "PUP-4": {"en": "Sexual", "ko": "성적인 내용", "zh": "涉及性的内容", "ja": "性的な内容"},
    "PUP-2.a.i": {
        "en": "Sexualises or endangers children",
        "ko": "아동을 성적으로 다루거나 위험에 빠뜨림",
        "zh": "将儿童性化或危害儿童",
        "ja": "子どもを性的に扱う、または危険にさらしている",
    },
    "PUP-2.a": {
        "en": "Helps with something dangerous or illegal",
        "ko": "위험하거나 불법적인 일을 도움",
        "zh": "协助做危险或违法的事",
        "ja": "危険または違法なことを手助けしている",
    },
    "PUP-2.c.ii": {
        "en": "Fraud, phishing, spam or malware",
        "ko": "사기, 피싱, 스팸 또는 악성 코드",
        "zh": "欺诈、网络钓鱼、垃圾信息或恶意软件",
        "ja": "詐欺、フィッシング、スパム、マルウェア",
    },
    "PUP-2.e.viii": {
        "en": "Gives away somebody's private data",
        "ko": "다른 사람의 개인 정보를 드러냄",
        "zh": "泄露他人的个人信息",
        "ja": "他人の個人情報を漏らしている",
    },
    "PUP-3": {
        "en": "Wrong or misleading in a way that can hurt",
        "ko": "해를 끼칠 수 있는 틀린 내용이나 오해를 부르는 내용",
        "zh": "可能造成伤害的错误或误导内容",
        "ja": "害になりうる誤り、または誤解を招く内容",
    },
    "PUP-2.e.vii": {
        "en": "Unfair to a group of people",
        "ko": "특정 집단에 불공정함",
        "zh": "对某一群体不公平",
        "ja": "特定の集団に対して不公平",
    },
    "PUP-1": {
        "en": "Breaks somebody's rights",
        "ko": "다른 사람의 권리를 침해함",
        "zh": "侵犯他人的权利",
        "ja": "誰かの権利を侵害している",
    },
    OTHER: {"en": "Something else", "ko": "그 밖의 이유", "zh": "其他原因", "ja": "そのほか"},
}

REASONS = tuple((texts["en"], code) for code, texts in _REASONS.items())
"""As choices: what the person reads, and the code."""


def reason(code: str, language: str = "en") -> str:
    """The plain words for a reason's code; the code itself where it is a clause chosen by a moderator."""
    return said(language, **_REASONS[code]) if code in _REASONS else code
