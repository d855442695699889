"""What a person reads about a decision on a message of theirs: the reasons, what follows, the appeal."""

from app.wording.languages import said


def title(language: str) -> str:
    """The head of the decisions."""
    return said(
        language,
        en="### Decisions about your messages and reports",
        ko="### 내 메시지와 신고에 대한 결정",
        zh="### 关于您的消息和举报的决定",
        ja="### あなたのメッセージと報告についての決定",
    )


def none_yet(language: str) -> str:
    """No decision yet."""
    return said(
        language,
        en="Nobody has decided anything about your messages.",
        ko="아직 내 메시지에 대해 내려진 결정이 없습니다.",
        zh="目前还没有关于您消息的决定。",
        ja="あなたのメッセージについての決定はまだありません。",
    )


def choose_one(language: str) -> str:
    """Above the list."""
    return said(
        language,
        en="Choose a line to read the reasons, and to appeal.",
        ko="줄을 선택하면 이유를 읽고 이의를 제기할 수 있습니다.",
        zh="选择一行即可查看理由并提出申诉。",
        ja="行を選ぶと、理由を読み、異議を申し立てることができます。",
    )


def columns(language: str) -> list[str]:
    """The heads of the list."""
    texts = said(
        language,
        en="When|What|Decision|Appeal",
        ko="언제|무엇|결정|이의 제기",
        zh="时间|内容|决定|申诉",
        ja="日時|対象|決定|異議申し立て",
    )
    return texts.split("|")


def a_title(language: str) -> str:
    """The decision is about what they called a conversation."""
    return said(
        language, en="A title of yours", ko="내가 붙인 제목", zh="您起的标题", ja="あなたが付けたタイトル"
    )


def about(language: str, role: str | None) -> str:
    """What the decision is about."""
    if role == "user":
        return said(language, en="Your message", ko="내 메시지", zh="您的消息", ja="あなたのメッセージ")
    if role == "assistant":
        return said(language, en="A reply", ko="답변", zh="一条回复", ja="返信")
    return said(
        language,
        en="A message that was deleted",
        ko="삭제된 메시지",
        zh="一条已删除的消息",
        ja="削除されたメッセージ",
    )


def ruling(language: str, *, violates: bool, clause: str | None, name: str) -> str:
    """What was decided."""
    if not violates:
        return said(
            language,
            en="It does not violate the use policy.",
            ko="사용 정책을 위반하지 않습니다.",
            zh="它没有违反使用政策。",
            ja="使用ポリシーに違反していません。",
        )
    return said(
        language,
        en=f"It violates {clause}, {name}, of the Gemma Prohibited Use Policy.",
        ko=f"Gemma 금지된 사용 정책의 {clause}({name})에 위배됩니다.",
        zh=f"它违反了 Gemma 禁止使用政策的 {clause}（{name}）。",
        ja=f"Gemma の使用禁止ポリシーの {clause}（{name}）に違反しています。",
    )


def found(language: str, *, checks: list[str], reports: int) -> str:
    """How it came to a decision: by a check, by people, or both; a person decided."""
    machine = said(
        language,
        en=f"Automatic checks found it: {', '.join(checks)}.",
        ko=f"자동 검사가 발견했습니다: {', '.join(checks)}.",
        zh=f"由自动检查发现：{', '.join(checks)}。",
        ja=f"自動の確認が見つけました: {', '.join(checks)}。",
    )
    people = said(
        language, en="It was reported.", ko="신고되었습니다.", zh="它被举报过。", ja="報告がありました。"
    )
    decided = said(
        language,
        en="A moderator, a person, decided.",
        ko="결정은 사람인 운영자가 내렸습니다.",
        zh="决定由人工审核员作出。",
        ja="決定したのは、人であるモデレーターです。",
    )
    return " ".join([*([machine] if checks else []), *([people] if reports else []), decided])


def follows(language: str, action: str, until: str | None) -> str:
    """What follows from it."""
    texts = {
        "restore": said(
            language,
            en="What was stopped or removed is there again.",
            ko="차단되거나 삭제된 내용이 복원되었습니다.",
            zh="被拦截或移除的内容已恢复。",
            ja="停止または削除された内容は元に戻りました。",
        ),
        "remove": said(
            language,
            en="The text stays away from readers and from the model.",
            ko="이 글은 독자와 모델에게 보이지 않습니다.",
            zh="该文字不会再显示给读者或模型。",
            ja="この文章は、読む人にもモデルにも示されません。",
        ),
        "warn": said(
            language,
            en="The text is removed, and this is a warning.",
            ko="글은 삭제되었으며, 이것은 경고입니다.",
            zh="该文字已被移除，这是一次警告。",
            ja="文章は削除されました。これは警告です。",
        ),
    }
    if action != "suspend":
        return texts.get(action, texts["remove"])
    if until is None:
        return said(
            language,
            en="The text is removed. The suspension is over.",
            ko="글은 삭제되었습니다. 이용 정지는 끝났습니다.",
            zh="该文字已被移除。暂停使用已结束。",
            ja="文章は削除されました。利用停止は終わりました。",
        )
    return said(
        language,
        en=f"The text is removed, and you cannot write here until {until}.",
        ko=f"글은 삭제되었고, {until}까지 여기에 글을 쓸 수 없습니다.",
        zh=f"该文字已被移除，在 {until} 之前您不能在此发送消息。",
        ja=f"文章は削除され、{until} まで書き込めません。",
    )


def can_appeal(language: str, until: str) -> str:
    """How to appeal, and until when."""
    return said(
        language,
        en=f"If you think this is wrong, you can appeal until {until}. Somebody else will decide.",
        ko=f"잘못되었다고 생각하면 {until}까지 이의를 제기할 수 있습니다. 다른 사람이 다시 결정합니다.",
        zh=f"如果您认为这有误，可在 {until} 之前申诉，将由另一位审核员决定。",
        ja=f"誤りだと思う場合は {until} まで異議を申し立てられます。別の人が決定します。",
    )


def appeal_label(language: str) -> str:
    """The field of the appeal."""
    return said(
        language,
        en="Why is the decision wrong? Whoever looks again will read it.",
        ko="결정이 왜 잘못되었나요? 다시 검토하는 사람이 읽습니다.",
        zh="这个决定为何有误？复核的人会看到您的说明。",
        ja="なぜ決定が誤りなのですか。再び見る人が読みます。",
    )


def send_appeal(language: str) -> str:
    """The button of the appeal."""
    return said(language, en="Appeal", ko="이의 제기", zh="申诉", ja="異議を申し立てる")


def appealed(language: str) -> str:
    """After the appeal was sent."""
    return said(
        language,
        en="Your appeal is with somebody else now. What comes of it will be here.",
        ko="이의 제기가 다른 사람에게 전달되었습니다. 결과는 여기에 표시됩니다.",
        zh="您的申诉已交给另一位审核员，结果会显示在这里。",
        ja="異議は別の人に渡りました。結果はここに出ます。",
    )


def appeal_state(language: str, outcome: str | None) -> str:
    """What came of an appeal."""
    return {
        None: said(language, en="waits", ko="대기 중", zh="等待中", ja="待機中"),
        "upheld": said(
            language, en="the decision stands", ko="결정 유지", zh="维持原决定", ja="決定は変わりません"
        ),
        "changed": said(language, en="changed", ko="변경됨", zh="已更改", ja="変更されました"),
        "overturned": said(language, en="overturned", ko="번복됨", zh="已推翻", ja="覆りました"),
    }[outcome]


def said_at(language: str, about: str, moment: str) -> str:
    """What the decision is about, and when that was said."""
    return said(
        language,
        en=f"{about} of {moment}",
        ko=f"{about}({moment})",
        zh=f"{about}（{moment}）",
        ja=f"{about}（{moment}）",
    )


def possible(language: str) -> str:
    """In the list: an appeal can be made."""
    return said(language, en="possible", ko="가능", zh="可以申诉", ja="できます")


def note_label(language: str) -> str:
    """The moderator's own words."""
    return said(
        language, en="The moderator's note", ko="운영자의 메모", zh="审核员的说明", ja="モデレーターのメモ"
    )


def answer_label(language: str) -> str:
    """What was written on the appeal."""
    return said(
        language,
        en="The note on your appeal",
        ko="이의 제기에 대한 메모",
        zh="关于您申诉的说明",
        ja="異議についてのメモ",
    )


def choose_first(language: str) -> str:
    """Appealing without a chosen decision."""
    return said(
        language,
        en="Choose the decision that you appeal against first.",
        ko="먼저 이의를 제기할 결정을 선택하세요.",
        zh="请先选择要申诉的决定。",
        ja="まず、異議を申し立てる決定を選んでください。",
    )
