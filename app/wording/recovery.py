"""The page of recovery codes (en, ko, zh, ja)."""

from app.wording.languages import said

Language = str


def title(language: Language) -> str:
    """The head of the page with recovery codes."""
    return said(
        language,
        en="Keep your conversations",
        ko="대화 지키기",
        zh="保住您的对话",
        ja="会話を残す",
    )


def lead(language: Language) -> str:
    """Why there are codes."""
    return said(
        language,
        en="Your conversations belong to this browser's cookie. If it is lost, a recovery code brings them back.",
        ko="대화는 이 브라우저의 쿠키에 속합니다. 쿠키를 잃어도 복구 코드로 되찾을 수 있습니다.",
        zh="您的对话属于此浏览器的 Cookie。若 Cookie 丢失，恢复码可以找回对话。",
        ja="会話はこのブラウザの Cookie に結び付いています。失われても復旧コードで取り戻せます。",
    )


def make_code(language: Language) -> str:
    """The head and the button that make a code."""
    return said(
        language, en="Make a recovery code", ko="복구 코드 만들기", zh="生成恢复码", ja="復旧コードを作る"
    )


def make_code_lead(language: Language) -> str:
    """What a code is worth."""
    return said(
        language,
        en="It is shown once and works once. A new code replaces the one before.",
        ko="한 번만 표시되고 한 번만 쓸 수 있습니다. 새 코드를 만들면 이전 코드는 쓸 수 없습니다.",
        zh="只显示一次，只能使用一次。新的恢复码会取代之前的。",
        ja="表示も使用も一度だけです。新しく作ると前のコードは使えなくなります。",
    )


def this_is_the_code(language: Language) -> str:
    """Above a new code."""
    return said(
        language,
        en="Write this code down now. It is not shown again, and whoever has it can read your conversations.",
        ko="지금 이 코드를 적어 두세요. 다시 표시되지 않으며, 코드를 가진 사람은 대화를 볼 수 있습니다.",
        zh="请立即记下此恢复码。它不会再次显示，持有它的人可以查看您的对话。",
        ja="このコードを今書き留めてください。再び表示されず、持っている人は会話を読めます。",
    )


def use_code(language: Language) -> str:
    """The head and the button that use a code."""
    return said(
        language,
        en="Use a recovery code",
        ko="복구 코드 사용",
        zh="使用恢复码",
        ja="復旧コードを使う",
    )


def use_code_lead(language: Language) -> str:
    """What using a code does."""
    return said(
        language,
        en="This browser gets the conversations of the code; the browser they were in loses them. "
        "What this browser has so far is no longer shown here: make a code for it first if you want to keep it.",
        ko="이 브라우저가 코드의 대화를 넘겨받고, 원래 브라우저에서는 더 이상 볼 수 없습니다. "
        "이 브라우저의 지금까지의 대화는 더 이상 표시되지 않으니, 필요하면 먼저 그 코드를 만드세요.",
        zh="此浏览器将接管恢复码对应的对话，原来的浏览器将无法再看到它们。"
        "此浏览器现有的对话将不再显示：如需保留，请先为其生成恢复码。",
        ja="このブラウザがコードの会話を引き継ぎ、元のブラウザからは見えなくなります。"
        "このブラウザのこれまでの会話は表示されなくなります。残すには先にコードを作ってください。",
    )


def code(language: Language) -> str:
    """The field for a code."""
    return said(language, en="Recovery code", ko="복구 코드", zh="恢复码", ja="復旧コード")


def wrong_code(language: Language) -> str:
    """A code that is not known, or not any more."""
    return said(
        language,
        en="This code is not known, or was used already.",
        ko="알 수 없거나 이미 사용된 코드입니다.",
        zh="恢复码无效或已被使用。",
        ja="このコードは無効か、すでに使われています。",
    )
