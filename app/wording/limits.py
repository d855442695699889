"""What a person is told who has reached a limit: which one, and until when (en, ko, zh, ja)."""

import math

from app.wording.languages import said


def when(language: str, seconds: float) -> str:
    """A time to wait in whole seconds, or in whole minutes from two of them on; never too short."""
    if seconds <= 120:
        count = max(1, math.ceil(seconds))
        english = "1 second" if count == 1 else f"{count} seconds"
        return said(language, en=english, ko=f"{count}초", zh=f"{count} 秒", ja=f"{count} 秒")
    count = math.ceil(seconds / 60)
    return said(language, en=f"{count} minutes", ko=f"{count}분", zh=f"{count} 分钟", ja=f"{count} 分")


def too_many_prompts(language: str, seconds: float) -> str:
    """One person sends too quickly."""
    wait = when(language, seconds)
    return said(
        language,
        en=f"You have sent many messages in a short time. You can send again in {wait}.",
        ko=f"짧은 시간에 메시지를 많이 보내셨습니다. {wait} 후에 다시 보낼 수 있습니다.",
        zh=f"您在短时间内发送了很多消息。{wait}后可以再次发送。",
        ja=f"短い時間に多くのメッセージが送られました。{wait}後にまた送れます。",
    )


def too_many_tokens(language: str, seconds: float) -> str:
    """One person was given much text."""
    wait = when(language, seconds)
    return said(
        language,
        en=f"You have been given a lot of text in a short time. You can send again in {wait}.",
        ko=f"짧은 시간에 긴 답변을 많이 받으셨습니다. {wait} 후에 다시 보낼 수 있습니다.",
        zh=f"您在短时间内收到了大量回复。{wait}后可以再次发送。",
        ja=f"短い時間に多くの返信を受け取られました。{wait}後にまた送れます。",
    )


def too_many_from_address(language: str, seconds: float) -> str:
    """Everybody behind one address together sends too quickly."""
    wait = when(language, seconds)
    return said(
        language,
        en=f"Many messages are coming from your network right now. You can send again in {wait}.",
        ko=f"지금 같은 네트워크에서 메시지가 많이 오고 있습니다. {wait} 후에 다시 보낼 수 있습니다.",
        zh=f"目前来自您所在网络的消息很多。{wait}后可以再次发送。",
        ja=f"いま同じネットワークから多くのメッセージが届いています。{wait}後にまた送れます。",
    )


def too_many_turns(language: str, live: int) -> str:
    """Several replies to one person are being written."""
    english = "A reply" if live == 1 else f"{live} replies"
    verb = "is" if live == 1 else "are"
    return said(
        language,
        en=f"{english} to you {verb} still being written. You can send again when one of them has ended.",
        ko=f"답변 {live}개가 아직 작성되고 있습니다. 하나가 끝나면 다시 보낼 수 있습니다.",
        zh=f"还有 {live} 条给您的回复正在生成。其中一条结束后可以再次发送。",
        ja=f"あなたへの返信が {live} 件、まだ書かれています。どれかが終わるとまた送れます。",
    )


def too_many_reports(language: str, seconds: float) -> str:
    """One person reports very often."""
    wait = when(language, seconds)
    return said(
        language,
        en=f"You have reported a lot in the last hour. You can send the next report in {wait}.",
        ko=f"지난 한 시간 동안 신고를 많이 하셨습니다. {wait} 후에 다음 신고를 보낼 수 있습니다.",
        zh=f"您在过去一小时内提交了很多举报。{wait}后可以提交下一条。",
        ja=f"この一時間に多くの報告をいただきました。{wait}後に次の報告を送れます。",
    )


def too_many_people(language: str, seconds: float) -> str:
    """Very many new visitors from one address."""
    wait = when(language, seconds)
    return said(
        language,
        en=f"Many people are arriving from your network right now. Please come back in {wait}.",
        ko=f"지금 같은 네트워크에서 많은 분이 접속하고 있습니다. {wait} 후에 다시 와 주세요.",
        zh=f"目前有很多人从您所在的网络进入。请在{wait}后再来。",
        ja=f"いま同じネットワークから多くの方が訪れています。{wait}後にもう一度お越しください。",
    )


def too_many_conversations(language: str, most: int) -> str:
    """As many conversations as one person may keep."""
    return said(
        language,
        en=f"You have {most:,} conversations, as many as one person can keep. Delete one to begin another.",
        ko=f"보관할 수 있는 대화 {most:,}개를 모두 사용하셨습니다. 하나를 삭제하면 새로 시작할 수 있습니다.",
        zh=f"您已有 {most:,} 个对话，达到上限。删除一个后可以开始新的对话。",
        ja=f"会話が上限の {most:,} 件になりました。一つ削除すると新しく始められます。",
    )


def too_long_a_conversation(language: str, most: int) -> str:
    """As many messages as one conversation may hold."""
    return said(
        language,
        en=f"This conversation has reached {most:,} messages, its longest length. Begin a new one to go on.",
        ko=f"이 대화는 최대 길이인 메시지 {most:,}개에 이르렀습니다. 계속하려면 새 대화를 시작하세요.",
        zh=f"此对话已达到 {most:,} 条消息的上限。请开始新的对话以继续。",
        ja=f"この会話は上限の {most:,} 件のメッセージに達しました。続けるには新しい会話を始めてください。",
    )
