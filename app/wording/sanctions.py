"""What a person is told whom a moderator has warned or suspended, and whoever writes from the same network."""

from datetime import datetime

from app.wording.languages import said


def suspended(language: str, until: datetime) -> str:
    """Somebody who may not write for now."""
    end = f"{until:%Y-%m-%d %H:%M} UTC"
    return said(
        language,
        en=f"You cannot write here until {end}. The page My data says why, and how to appeal.",
        ko=f"{end}까지 여기에 글을 쓸 수 없습니다. 이유와 이의 제기 방법은 My data 페이지에 있습니다.",
        zh=f"在 {end} 之前，您不能在此发送消息。原因和申诉方式见 My data 页面。",
        ja=f"{end} まで、ここに書き込むことはできません。理由と異議申し立ての方法は My data のページにあります。",
    )


def suspended_nearby(language: str, until: datetime) -> str:
    """Somebody whose network address is that of a person who is suspended."""
    end = f"{until:%Y-%m-%d %H:%M} UTC"
    return said(
        language,
        en=f"Somebody who wrote from your network is suspended, so nobody can write from it until {end} at the latest.",
        ko=f"같은 네트워크에서 글을 쓴 사람이 이용 정지되어, 늦어도 {end}까지는 이 네트워크에서 글을 쓸 수 없습니다.",
        zh=f"与您使用同一网络的某人已被暂停使用，因此最晚到 {end} 为止，无法从该网络发送消息。",
        ja=f"同じネットワークから書き込んだ人が利用停止中のため、遅くとも {end} まで、このネットワークからは書き込めません。",
    )


def warned(language: str, at: datetime) -> str:
    """At the head of a page, until they have read it."""
    day = f"{at:%Y-%m-%d}"
    return said(
        language,
        en=f"**A moderator warned you on {day}.**",
        ko=f"**{day}에 운영자가 경고했습니다.**",
        zh=f"**审核员于 {day} 向您发出了警告。**",
        ja=f"**{day} に、モデレーターから警告がありました。**",
    )


def no_writing(language: str, until: datetime) -> str:
    """At the head of a page, until it ends."""
    end = f"{until:%Y-%m-%d %H:%M} UTC"
    return said(
        language,
        en=f"**A moderator has suspended you: you cannot write here until {end}.**",
        ko=f"**운영자가 이용을 정지하여 {end}까지 여기에 글을 쓸 수 없습니다.**",
        zh=f"**审核员已暂停您的使用：在 {end} 之前，您不能在此发送消息。**",
        ja=f"**モデレーターが利用を停止しました。{end} まで、ここに書き込むことはできません。**",
    )


def read_why(language: str) -> str:
    """The way to the statement of reasons."""
    return said(
        language,
        en="Read the reasons, and how to appeal",
        ko="이유와 이의 제기 방법 보기",
        zh="查看理由和申诉方式",
        ja="理由と異議申し立ての方法を読む",
    )


def i_have_read_it(language: str) -> str:
    """The button that confirms a warning."""
    return said(language, en="I have read it", ko="읽었습니다", zh="我已阅读", ja="読みました")
