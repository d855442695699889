"""The page that brings conversations back from a file (en, ko, zh, ja)."""

from app.wording.languages import said

Language = str


def title(language: Language) -> str:
    """The head of the page."""
    return said(
        language,
        en="Bring conversations back",
        ko="대화 다시 가져오기",
        zh="导入对话",
        ja="会話を読み込む",
    )


def lead(language: Language) -> str:
    """What can be brought, and what happens to it."""
    return said(
        language,
        en="Choose a JSON file that you downloaded from a Bezel chat. Every message in it is judged as a new one is.",
        ko="Bezel 채팅에서 내려받은 JSON 파일을 선택하세요. 파일의 모든 메시지는 새 메시지처럼 검사됩니다.",
        zh="请选择从 Bezel 对话下载的 JSON 文件。其中每条消息都会像新消息一样接受检查。",
        ja="Bezel のチャットからダウンロードした JSON ファイルを選んでください。中のメッセージはすべて新しいものと同じように検査されます。",
    )


def file(language: Language) -> str:
    """The field for the file."""
    return said(language, en="File", ko="파일", zh="文件", ja="ファイル")


def bring(language: Language) -> str:
    """The button."""
    return said(language, en="Bring back", ko="가져오기", zh="导入", ja="読み込む")


def no_file(language: Language) -> str:
    """Nothing was chosen."""
    return said(
        language,
        en="Choose a file first.",
        ko="먼저 파일을 선택하세요.",
        zh="请先选择文件。",
        ja="先にファイルを選んでください。",
    )


def brought(language: Language, count: int) -> str:
    """What was brought."""
    return said(
        language,
        en=f"{count:,} {'conversation is' if count == 1 else 'conversations are'} back in your list.",
        ko=f"대화 {count:,}개를 목록에 다시 가져왔습니다.",
        zh=f"已将 {count:,} 个对话导入您的列表。",
        ja=f"{count:,} 件の会話を一覧に読み込みました。",
    )


def not_said_here(language: str | None) -> str:
    """Under a reply that came from a file."""
    return said(
        language,
        en="This reply was brought in from a file; nobody knows which model gave it.",
        ko="이 답변은 파일에서 가져온 것이며, 어떤 모델이 답했는지 알 수 없습니다.",
        zh="此回复来自导入的文件，无法得知由哪个模型给出。",
        ja="この返信はファイルから読み込まれたもので、どのモデルによるものかは分かりません。",
    )
