"""What a person reads about their reports and requests, what became of them, and what of theirs was stopped."""

from app.wording.languages import said


def decided(language: str, number: int) -> str:
    """At the head of the chat page, until they have opened My data."""
    return said(
        language,
        en=f"{number:,} new {'decision' if number == 1 else 'decisions'} on your reports and requests.",
        ko=f"내 신고와 요청에 대한 새 결정이 {number:,}건 있습니다.",
        zh=f"关于您的举报和请求，有 {number:,} 项新决定。",
        ja=f"あなたの報告と依頼について、新しい決定が {number:,} 件あります。",
    )


def see(language: str) -> str:
    """The way from there to My data."""
    return said(
        language,
        en="See the outcome on My data",
        ko="My data에서 결과 보기",
        zh="在 My data 查看结果",
        ja="My data で結果を見る",
    )


def reports(language: str) -> str:
    """The head of the table of reports."""
    return said(
        language,
        en="### Your reports and requests",
        ko="### 내 신고와 요청",
        zh="### 您的举报和请求",
        ja="### あなたの報告と依頼",
    )


def no_reports(language: str) -> str:
    """Nothing was reported or asked for yet; the button's own word stays as it is on the page."""
    return said(
        language,
        en="You have not reported anything yet. Under each reply stands Report.",
        ko="아직 신고한 것이 없습니다. 각 답변 아래에 Report가 있습니다.",
        zh="您还没有举报过任何内容。每条回复下方都有 Report。",
        ja="まだ何も報告していません。各返信の下に Report があります。",
    )


def report_columns(language: str) -> list[str]:
    """The heads of the table of reports."""
    texts = said(
        language,
        en="When|What|Reason|Outcome|The moderator's note",
        ko="언제|무엇|이유|결과|운영자의 메모",
        zh="时间|内容|原因|结果|审核员的说明",
        ja="日時|対象|理由|結果|モデレーターのメモ",
    )
    return texts.split("|")


def asked(language: str, kind: str) -> str:
    """What they did: report a reply, or ask for a review."""
    if kind == "report":
        return said(
            language,
            en="You reported a reply",
            ko="답변을 신고했습니다",
            zh="您举报了一条回复",
            ja="返信を報告しました",
        )
    return said(
        language,
        en="You asked for a review",
        ko="검토를 요청했습니다",
        zh="您请求了复核",
        ja="確認を依頼しました",
    )


def outcome(language: str, *, violates: bool | None) -> str:
    """What a moderator found; None where nobody has decided."""
    if violates is None:
        return said(
            language,
            en="Waiting for a moderator",
            ko="운영자를 기다리고 있습니다",
            zh="等待审核员处理",
            ja="モデレーターの確認を待っています",
        )
    if violates:
        return said(
            language,
            en="A moderator found that it breaks the policy",
            ko="운영자가 정책 위반으로 판단했습니다",
            zh="审核员认定它违反了政策",
            ja="モデレーターがポリシー違反と判断しました",
        )
    return said(
        language,
        en="A moderator found no violation",
        ko="운영자가 위반이 아니라고 판단했습니다",
        zh="审核员认定没有违规",
        ja="モデレーターは違反ではないと判断しました",
    )


def stops(language: str) -> str:
    """The head of the table of what was stopped."""
    return said(
        language,
        en="### What was stopped",
        ko="### 차단된 내용",
        zh="### 被拦截的内容",
        ja="### 停止された内容",
    )


def no_stops(language: str) -> str:
    """Nothing of theirs was stopped."""
    return said(
        language,
        en="Nothing of yours was stopped.",
        ko="차단된 내용이 없습니다.",
        zh="您没有内容被拦截。",
        ja="停止されたものはありません。",
    )


def stop_columns(language: str) -> list[str]:
    """The heads of that table."""
    texts = said(
        language,
        en="What was stopped|Clause|Decided|Review",
        ko="차단된 내용|조항|결정|검토",
        zh="被拦截的内容|条款|决定|复核",
        ja="停止された内容|条項|決定|確認",
    )
    return texts.split("|")


def stopped(language: str, role: str) -> str:
    """Whose words were stopped."""
    if role == "user":
        return said(
            language, en="A message of yours", ko="내 메시지", zh="您的一条消息", ja="あなたのメッセージ"
        )
    return said(language, en="A reply to you", ko="나에게 온 답변", zh="给您的一条回复", ja="あなたへの返信")


def check_failed(language: str) -> str:
    """In the place of the clause: nothing was found, a check could not be made."""
    return said(
        language, en="a check failed", ko="검사 실패", zh="一项检查失败", ja="確認の一つが失敗しました"
    )


def decided_by(language: str, *, automatic: bool) -> str:
    """Who decided to stop it."""
    if automatic:
        return said(language, en="automatically", ko="자동으로", zh="自动", ja="自動")
    return said(language, en="by a moderator", ko="운영자가", zh="由审核员", ja="モデレーターによる")


def not_asked_for(language: str) -> str:
    """In the place of an outcome: they have not asked for a review."""
    return said(language, en="not asked for", ko="요청하지 않음", zh="未请求", ja="依頼していません")
