"""What people are told where a host has moderators read turns drawn at random (en, ko, zh, ja)."""

from app.wording.languages import LANGUAGES, said


def consent(share: float) -> str:
    """The part of the terms about it, in every language: whoever accepts them has to have read it."""
    part = f"{share * 100:g} %"
    return "\n\n".join(_consent(language, part) for language in LANGUAGES)


def _consent(language: str, part: str) -> str:
    return said(
        language,
        en=(
            f"**Random checks.** To learn what the automatic checks miss, {part} of the messages and replies in which they "
            "found nothing are drawn at random, and a moderator reads them. Addresses, numbers and other identifiers are taken "
            "out first; names can remain. By accepting these terms you agree to this."
        ),
        ko=(
            f"**무작위 확인.** 자동 검사가 놓치는 것을 알아내기 위해, 아무 문제도 발견되지 않은 메시지와 답변 가운데 {part}를 무작위로 "
            "뽑아 운영자가 읽습니다. 주소, 번호 등 개인을 식별할 수 있는 정보는 먼저 가리지만 이름은 남을 수 있습니다. 이 약관에 "
            "동의하면 이에도 동의하는 것입니다."
        ),
        zh=(
            f"**随机抽查。** 为了解自动检查遗漏了什么，未发现问题的消息和回复中有 {part} 会被随机抽取，由审核员阅读。地址、号码等身份信息"
            "会先被隐去，但姓名可能仍会保留。接受本条款即表示您同意这一点。"
        ),
        ja=(
            f"**無作為の確認。** 自動検査が見落とすものを知るため、何も見つからなかったメッセージと返答のうち {part} を無作為に選び、"
            "モデレーターが読みます。住所や番号などの識別情報は先に取り除かれますが、名前は残ることがあります。この規約に同意する"
            "ことは、これへの同意も含みます。"
        ),
    )
