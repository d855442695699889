"""What a person is told where something was taken out of a message (en, ko, zh, ja)."""

from collections.abc import Sequence

from app.wording.languages import said
from safety.redaction import IdentifierKind
from safety.types import Action

_NAMES: dict[IdentifierKind | None, dict[str, str]] = {
    "card": {"en": "a card number", "ko": "카드 번호", "zh": "银行卡号", "ja": "カード番号"},
    "bank_account": {"en": "a bank account", "ko": "은행 계좌", "zh": "银行账户", "ja": "銀行口座"},
    "national_id": {"en": "an ID number", "ko": "신분 확인 번호", "zh": "证件号码", "ja": "身分証の番号"},
    "key": {"en": "a secret key", "ko": "비밀 키", "zh": "密钥", "ja": "秘密のキー"},
    "password": {"en": "a password", "ko": "비밀번호", "zh": "密码", "ja": "パスワード"},
    "email": {"en": "an e-mail address", "ko": "이메일 주소", "zh": "电子邮件地址", "ja": "メールアドレス"},
    "phone": {"en": "a phone number", "ko": "전화번호", "zh": "电话号码", "ja": "電話番号"},
    "ip": {"en": "a network address", "ko": "네트워크 주소", "zh": "网络地址", "ja": "ネットワークアドレス"},
    "wallet": {"en": "a wallet address", "ko": "지갑 주소", "zh": "钱包地址", "ja": "ウォレットアドレス"},
    None: {"en": "a part of it", "ko": "일부 내용", "zh": "部分内容", "ja": "一部の内容"},
}


def redacted_prompt(language: str | None, kinds: Sequence[IdentifierKind | None]) -> str:
    """Something was taken out of what the person wrote, before anybody read it."""
    return said(
        language,
        en=f"Taken out of your message: {_listed('en', kinds)}. Nobody else should see that, and the answer "
        "does not need it: the model has not seen it, and it is stored nowhere.",
        ko=f"메시지에서 뺀 정보: {_listed('ko', kinds)}. 남이 보아서는 안 되고 답변에도 필요하지 않은 정보이므로 모델에 "
        "보이지 않았고 어디에도 저장하지 않았습니다.",
        zh=f"已从您的消息中移除：{_listed('zh', kinds)}。这类信息不应让他人看到，回答也用不到，因此模型没有看到，也没有保存。",
        ja=f"メッセージから取り除いたもの：{_listed('ja', kinds)}。他人の目に触れるべきではなく、回答にも要らない情報の"
        "ため、モデルには見せず、どこにも保存していません。",
    )


def redacted_reply(language: str | None, kinds: Sequence[IdentifierKind | None]) -> str:
    """Something was taken out of a reply, because it may be somebody's."""
    return said(
        language,
        en=f"Taken out of this reply: {_listed('en', kinds)}. It may belong to somebody, or be made up.",
        ko=f"이 답변에서 뺀 정보: {_listed('ko', kinds)}. 누군가의 정보이거나 지어낸 것일 수 있습니다.",
        zh=f"已从这条回复中移除：{_listed('zh', kinds)}。它可能属于某个人，也可能是编造的。",
        ja=f"この返信から取り除いたもの：{_listed('ja', kinds)}。誰かの情報か、作り話かもしれません。",
    )


def treatments() -> str:
    """What a table says of identifiers and secrets, above it."""
    return (
        "### What is taken out\n\nIdentifiers and secrets are no offence. Where they are taken out, a placeholder stands "
        "in their place, and what they were is kept nowhere. A reply may repeat what you wrote."
    )


def treatment(action: Action) -> str:
    """What becomes of one kind."""
    return {
        Action.ALLOW: "stays",
        Action.REDACT: "is taken out",
        Action.FLAG: "stays; a moderator looks at it",
    }.get(action, "stops the message")


def name_of(kind: IdentifierKind) -> str:
    """The name of a kind at the beginning of a line."""
    name = _NAMES[kind]["en"]
    return name[0].upper() + name[1:]


def _listed(language: str, kinds: Sequence[IdentifierKind | None]) -> str:
    between = {"zh": "、", "ja": "、"}.get(language, ", ")
    return between.join(_NAMES[kind][language] for kind in dict.fromkeys(kinds))
