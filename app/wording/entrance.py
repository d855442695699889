"""The pages where people come in, keep their account and recover a history (en, ko, zh, ja)."""

from app.wording.languages import said

Language = str


def welcome(language: Language) -> str:
    """The head of the entrance."""
    return said(language, en="Welcome", ko="환영합니다", zh="欢迎", ja="ようこそ")


def passcode_lead(language: Language, host: str) -> str:
    """Whom this chat is for, where one code opens it."""
    return said(
        language,
        en=f"This chat is for people who were given a passcode by {host}.",
        ko=f"이 채팅은 입장 코드를 받은 분을 위한 것입니다. 코드는 {host}에게서 받을 수 있습니다.",
        zh=f"此对话仅供持有通行码的人使用。通行码由 {host} 提供。",
        ja=f"このチャットはパスコードをお持ちの方のためのものです。パスコードは {host} からもらえます。",
    )


def accounts_lead(language: Language, host: str) -> str:
    """Whom this chat is for, where people have accounts."""
    return said(
        language,
        en=f"Sign in to chat. The accounts are made by {host}.",
        ko=f"로그인하면 채팅할 수 있습니다. 계정은 {host}에게서 받을 수 있습니다.",
        zh=f"登录后即可对话。账户由 {host} 提供。",
        ja=f"サインインするとチャットできます。アカウントは {host} からもらえます。",
    )


def passcode(language: Language) -> str:
    """The field for the code."""
    return said(language, en="Passcode", ko="입장 코드", zh="通行码", ja="パスコード")


def name(language: Language) -> str:
    """The field for a name."""
    return said(language, en="Name", ko="이름", zh="名称", ja="名前")


def password(language: Language) -> str:
    """The field for a password."""
    return said(language, en="Password", ko="비밀번호", zh="密码", ja="パスワード")


def enter(language: Language) -> str:
    """The button behind a code."""
    return said(language, en="Enter", ko="들어가기", zh="进入", ja="入る")


def sign_in(language: Language) -> str:
    """The button behind a password."""
    return said(language, en="Sign in", ko="로그인", zh="登录", ja="サインイン")


def wrong_passcode(language: Language) -> str:
    """A code that is not the one."""
    return said(
        language,
        en="This is not the passcode.",
        ko="입장 코드가 올바르지 않습니다.",
        zh="通行码不正确。",
        ja="パスコードが正しくありません。",
    )


def wrong_sign_in(language: Language) -> str:
    """A sign-in that failed; never says which of both was wrong."""
    return said(
        language,
        en="The name or the password is not right.",
        ko="이름 또는 비밀번호가 올바르지 않습니다.",
        zh="名称或密码不正确。",
        ja="名前またはパスワードが正しくありません。",
    )


def one_cookie(language: Language) -> str:
    """At the foot of the entrance."""
    return said(
        language,
        en="A cookie keeps you signed in on this browser.",
        ko="쿠키가 이 브라우저의 로그인 상태를 유지합니다.",
        zh="Cookie 会在此浏览器中保持登录状态。",
        ja="Cookie がこのブラウザのサインインを保ちます。",
    )


def come_in_first(language: Language) -> str:
    """The answer to a request of somebody who has not come in."""
    return said(
        language,
        en="Come in first: reload the page.",
        ko="먼저 들어와야 합니다. 페이지를 새로 고치세요.",
        zh="请先进入：重新加载页面。",
        ja="先にお入りください。ページを再読み込みしてください。",
    )


def cannot_tell(language: Language) -> str:
    """Nobody can be recognised, since the database does not answer."""
    return said(
        language,
        en="We cannot look up who you are right now. Nothing is lost; please try again in a minute.",
        ko="지금은 누구신지 확인할 수 없습니다. 잃은 것은 없으니 잠시 후 다시 시도해 주세요.",
        zh="目前无法确认您的身份。没有任何内容丢失；请一分钟后再试。",
        ja="いまはどなたか確認できません。何も失われていません。少し後でもう一度お試しください。",
    )


def please_wait(language: Language) -> str:
    """The head of a page that turns somebody new away for a while."""
    return said(language, en="One moment", ko="잠시만요", zh="请稍候", ja="少々お待ちください")


def back(language: Language) -> str:
    """The link to the chat."""
    return said(language, en="Back to the chat", ko="채팅으로 돌아가기", zh="返回对话", ja="チャットに戻る")


def account_title(language: Language) -> str:
    """The head of the page of an account."""
    return said(language, en="Your account", ko="내 계정", zh="您的账户", ja="アカウント")


def signed_in_as(language: Language, who: str) -> str:
    """Whose account it is."""
    return said(
        language,
        en=f"You are signed in as {who}.",
        ko=f"{who} 계정으로 로그인되어 있습니다.",
        zh=f"您已登录为 {who}。",
        ja=f"{who} としてサインインしています。",
    )


def sign_out(language: Language) -> str:
    """The button that leaves."""
    return said(language, en="Sign out", ko="로그아웃", zh="退出登录", ja="サインアウト")


def sign_out_everywhere(language: Language) -> str:
    """The button that leaves in every browser."""
    return said(
        language,
        en="Sign out everywhere",
        ko="모든 곳에서 로그아웃",
        zh="在所有设备上退出",
        ja="すべての場所でサインアウト",
    )


def sign_out_lead(language: Language) -> str:
    """What leaving everywhere does."""
    return said(
        language,
        en="Signing out everywhere ends every sign-in of this account, this one too. Your conversations stay.",
        ko="모든 곳에서 로그아웃하면 이 브라우저를 포함한 모든 로그인이 끝납니다. 대화는 남습니다.",
        zh="在所有设备上退出会结束此账户的全部登录，包括当前登录。对话会保留。",
        ja="すべての場所でサインアウトすると、このブラウザも含めすべて終了します。会話は残ります。",
    )


def change_password(language: Language) -> str:
    """The head and the button of a change of password."""
    return said(language, en="Change password", ko="비밀번호 변경", zh="更改密码", ja="パスワードの変更")


def change_password_lead(language: Language, shortest: int) -> str:
    """What a new password must be, and what a change does."""
    return said(
        language,
        en=f"At least {shortest} characters. Other browsers are signed out.",
        ko=f"{shortest}자 이상이어야 합니다. 다른 브라우저에서는 로그아웃됩니다.",
        zh=f"至少 {shortest} 个字符。其他浏览器将退出登录。",
        ja=f"{shortest} 文字以上。ほかのブラウザはサインアウトされます。",
    )


def old_password(language: Language) -> str:
    """The field for the password so far."""
    return said(language, en="Current password", ko="현재 비밀번호", zh="当前密码", ja="現在のパスワード")


def new_password(language: Language) -> str:
    """The field for the new password."""
    return said(language, en="New password", ko="새 비밀번호", zh="新密码", ja="新しいパスワード")


def wrong_old_password(language: Language) -> str:
    """A change with a wrong password."""
    return said(
        language,
        en="The current password is not right; nothing was changed.",
        ko="현재 비밀번호가 올바르지 않아 변경하지 않았습니다.",
        zh="当前密码不正确；未作更改。",
        ja="現在のパスワードが正しくないため、変更していません。",
    )


def too_short_a_password(language: Language, shortest: int) -> str:
    """A new password that is too short."""
    return said(
        language,
        en=f"The new password must have at least {shortest} characters; nothing was changed.",
        ko=f"새 비밀번호는 {shortest}자 이상이어야 합니다. 변경하지 않았습니다.",
        zh=f"新密码至少需要 {shortest} 个字符；未作更改。",
        ja=f"新しいパスワードは {shortest} 文字以上にしてください。変更していません。",
    )


def password_changed(language: Language) -> str:
    """After a change."""
    return said(
        language,
        en="Your password is changed, and other browsers are signed out.",
        ko="비밀번호를 변경했고 다른 브라우저에서는 로그아웃되었습니다.",
        zh="密码已更改，其他浏览器已退出登录。",
        ja="パスワードを変更し、ほかのブラウザをサインアウトしました。",
    )
