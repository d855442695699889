"""What a person is told about a message that was stopped, in the language they wrote in (en, ko, zh, ja)."""

from collections.abc import Sequence

from app.crisis import CrisisLine
from app.wording.languages import said

Language = str | None


def stopped_prompt(language: Language, clause: str, title: str) -> str:
    """A prompt was stopped under a clause."""
    return said(
        language,
        en=f"**Your message was stopped.** It falls under {clause}, *{title}*, of the Gemma Prohibited Use Policy. "
        "The model has not seen it.",
        ko=f"**메시지가 차단되었습니다.** Gemma 금지된 사용 정책의 {clause} *{title}* 조항에 해당합니다. "
        "모델은 이 메시지를 보지 않았습니다.",
        zh=f"**您的消息已被拦截。** 它属于 Gemma 禁止使用政策的 {clause}（*{title}*）条款。模型没有看到这条消息。",
        ja=f"**メッセージを停止しました。** Gemma の使用禁止ポリシーの {clause}（*{title}*）に当たります。"
        "モデルはこのメッセージを読んでいません。",
    )


def stopped_reply(language: Language, clause: str, title: str) -> str:
    """A reply was withheld under a clause."""
    return said(
        language,
        en=f"**This reply was withheld.** It falls under {clause}, *{title}*, of the Gemma Prohibited Use Policy. "
        "What had been shown of it was taken back.",
        ko=f"**이 답변은 보류되었습니다.** Gemma 금지된 사용 정책의 {clause} *{title}* 조항에 해당합니다. "
        "이미 표시된 부분은 회수되었습니다.",
        zh=f"**这条回复已被扣留。** 它属于 Gemma 禁止使用政策的 {clause}（*{title}*）条款。已显示的部分已被收回。",
        ja=f"**この返信は保留しました。** Gemma の使用禁止ポリシーの {clause}（*{title}*）に当たります。"
        "表示済みの部分は取り下げました。",
    )


def check_failed(language: Language) -> str:
    """A check could not be made, so the text was not let through."""
    return said(
        language,
        en="**This could not be checked, so it was not let through.** Nothing was found in it; one of the checks "
        "failed. Please try again in a moment.",
        ko="**검사를 할 수 없어 통과시키지 않았습니다.** 문제가 발견된 것은 아니며 검사 하나가 실패했습니다. "
        "잠시 후 다시 시도해 주세요.",
        zh="**无法完成检查，因此没有放行。** 并未发现问题，只是其中一项检查失败。请稍后再试。",
        ja="**確認できなかったため、通しませんでした。** 問題が見つかったのではなく、確認の一つが失敗しました。"
        "しばらくしてからもう一度お試しください。",
    )


def stopped_title(language: Language, clause: str, title: str) -> str:
    """A title that a person gave was refused under a clause."""
    return said(
        language,
        en=f"This title falls under {clause}, {title}, of the Gemma Prohibited Use Policy; the old one was kept.",
        ko=f"이 제목은 Gemma 금지된 사용 정책의 {clause}({title}) 조항에 해당하여 이전 제목을 그대로 두었습니다.",
        zh=f"该标题属于 Gemma 禁止使用政策的 {clause}（{title}）条款，因此保留了原标题。",
        ja=f"このタイトルは Gemma の使用禁止ポリシーの {clause}（{title}）に当たるため、元のタイトルのままにしました。",
    )


def title_not_checked(language: Language) -> str:
    """A check of a title failed."""
    return said(
        language,
        en="This title could not be checked, so the old one was kept. Please try again in a moment.",
        ko="이 제목을 검사할 수 없어 이전 제목을 그대로 두었습니다. 잠시 후 다시 시도해 주세요.",
        zh="无法检查该标题，因此保留了原标题。请稍后再试。",
        ja="このタイトルを確認できなかったため、元のタイトルのままにしました。しばらくしてからもう一度お試しください。",
    )


def automatic(language: Language) -> str:
    """How it was found and how to ask for a review."""
    return said(
        language,
        en="This was decided automatically and can be wrong. To have a person look at it, press "
        "**Ask for a review** below.",
        ko="이 결정은 자동으로 내려졌으며 틀릴 수 있습니다. 사람의 검토를 원하시면 아래의 "
        "**Ask for a review**를 누르세요.",
        zh="这是自动作出的决定，可能有误。如需人工查看，请按下方的 **Ask for a review**。",
        ja="これは自動の判断で、誤ることがあります。人による確認を求めるには、下の **Ask for a review** を"
        "押してください。",
    )


def support(language: Language, lines: Sequence[CrisisLine]) -> str:
    """Somebody may be in danger: warmth and a number, no scolding."""
    numbers = "\n".join(f"- **{line.number}** · {line.name}" for line in lines)
    opening = said(
        language,
        en="I'm sorry that you are going through this. You don't have to carry it alone, and talking to a person "
        "can help right now. If you are in danger, please call your local emergency number, or:",
        ko="많이 힘드셨겠어요. 혼자 감당하지 않으셔도 됩니다. 지금 사람과 이야기하는 것이 도움이 될 수 있어요. "
        "위험한 상황이라면 긴급 전화(119)나 아래 번호로 연락해 주세요.",
        zh="您正在经历的一定很难。您不必独自承受，现在和人谈谈会有帮助。如果您处于危险之中，请拨打当地的急救电话，或者：",
        ja="とてもつらい思いをされているのですね。ひとりで抱え込まなくて大丈夫です。いま誰かと話すことが助けになる"
        "ことがあります。危険が迫っているときは緊急通報（119・110）か、次の番号へご連絡ください。",
    )
    closing = said(
        language,
        en="This chat is a language model and cannot help in an emergency.",
        ko="이 채팅은 언어 모델이며 응급 상황에서 도움을 드릴 수 없습니다.",
        zh="这里的对话由语言模型生成，无法在紧急情况下提供帮助。",
        ja="このチャットは言語モデルで、緊急時の助けにはなれません。",
    )
    return f"{opening}\n\n{numbers}\n\n{closing}"


def not_checked(language_name: str | None) -> str:
    """A check does not read this language."""
    about = f" ({language_name})" if language_name else ""
    return (
        f"Not every check reads this language{about}, so this message was passed on to a moderator as well. "
        "Bezel judges English, Korean, Chinese and Japanese."
    )


def in_line(language: Language, place: int) -> str:
    """Others are being answered first; the next to begin has place 1."""
    return said(
        language,
        en=f"*Waiting for a free place: number {place:,} in line.*",
        ko=f"*차례를 기다리고 있습니다. 대기 순서 {place:,}번입니다.*",
        zh=f"*正在排队等候：第 {place:,} 位。*",
        ja=f"*順番を待っています（{place:,} 番目）。*",
    )


def still_loading(language: Language, fraction: float | None) -> str:
    """The model is not there yet; `fraction` says how far its loading is, from 0 to 1."""
    share = "" if fraction is None else f"{fraction:.0%}"
    return said(
        language,
        en=f"*The model is still being loaded{share and f' ({share})'}. Your message is saved and will be answered as "
        "soon as it is ready.*",
        ko=f"*모델을 아직 불러오는 중입니다{share and f'({share})'}. 메시지는 저장되었으며 준비되는 대로 답변합니다.*",
        zh=f"*模型仍在加载中{share and f'（{share}）'}。您的消息已保存，模型就绪后会立即回复。*",
        ja=f"*モデルはまだ読み込み中です{share and f'（{share}）'}。メッセージは保存済みで、準備ができしだい返信します。*",
    )


def remembered(language: Language, kept: int, total: int) -> str:
    """The conversation is longer than what the model reads at once."""
    return said(
        language,
        en=f"The model read the newest {kept:,} of {total:,} messages; the earlier ones no longer fit.",
        ko=f"모델은 메시지 {total:,}개 중 최근 {kept:,}개를 읽었습니다. 그 이전 내용은 더 이상 들어가지 않습니다.",
        zh=f"模型读取了 {total:,} 条消息中最近的 {kept:,} 条；更早的内容已放不下。",
        ja=f"モデルは {total:,} 件のうち新しい {kept:,} 件のメッセージを読みました。それより前は入りきりません。",
    )


def cut_off() -> str:
    """A reply that ended with the connection or the server."""
    return "*The connection or the server ended before the reply did; this is as far as it had come.*"


def stopped_by_you() -> str:
    """A reply that the person stopped."""
    return "*You stopped this reply.*"


def failed() -> str:
    """A reply that ended in an error."""
    return "*The model could not finish this reply. Your message is saved; press Retry.*"


def too_long_for_one_reply() -> str:
    """A reply that reached its longest length."""
    return "*The reply reached its longest length here.*"


def never_answered() -> str:
    """A prompt that was saved, but whose reply never began."""
    return "*This message is saved but has no answer yet. Press Retry.*"


def removed(language: Language) -> str:
    """A reply that a moderator took away."""
    return said(
        language,
        en="**This reply was removed by a moderator.** The reason stands on the page *My data*.",
        ko="**운영자가 이 답변을 삭제했습니다.** 이유는 *My data* 페이지에 있습니다.",
        zh="**此回复已被审核员移除。** 原因见 *My data* 页面。",
        ja="**この返信はモデレーターが削除しました。** 理由は *My data* のページにあります。",
    )


def removed_prompt(language: Language) -> str:
    """A prompt that a moderator took away."""
    return said(
        language,
        en="**A message of yours was removed by a moderator.** The reason stands on the page *My data*.",
        ko="**운영자가 회원님의 메시지를 삭제했습니다.** 이유는 *My data* 페이지에 있습니다.",
        zh="**您的一条消息已被审核员移除。** 原因见 *My data* 页面。",
        ja="**あなたのメッセージをモデレーターが削除しました。** 理由は *My data* のページにあります。",
    )


def restored(language: Language) -> str:
    """A moderator found that the machine was wrong."""
    return said(
        language,
        en="*A moderator looked at this and let it pass. A message that has no answer yet gets one with Retry.*",
        ko="*운영자가 검토하여 통과시켰습니다. 아직 답변이 없는 메시지는 Retry를 누르면 답변을 받습니다.*",
        zh="*审核员已查看并放行。尚无回复的消息可按 Retry 获得回复。*",
        ja="*モデレーターが確認し、通しました。まだ返信のないメッセージは Retry で返信を受け取れます。*",
    )
