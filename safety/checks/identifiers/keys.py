"""Keys, tokens and passwords: forms that providers gave them, or a name such as `password` before them."""

import math
import re
from collections import Counter
from collections.abc import Iterator

from safety.checks.identifiers.reading import Found, Reading

_TOKEN = r"A-Za-z0-9_-"


def _key(body: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![A-Za-z0-9_])(?:{body})(?![A-Za-z0-9_])", re.ASCII)


_PROVIDERS = (
    ("aws", ("AKIA", "ASIA", "AIDA", "AROA"), r"A(?:KIA|SIA|IDA|ROA)[A-Z0-9]{16}"),
    ("google", ("AIza",), rf"AIza[{_TOKEN}]{{35}}"),
    ("google_oauth", ("ya29.", "GOCSPX-"), rf"ya29\.[{_TOKEN}]{{20,}}|GOCSPX-[{_TOKEN}]{{20,}}"),
    ("github", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{36,}"),
    ("github", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{22,}"),
    ("gitlab", ("glpat-", "gldt-", "glrt-"), rf"gl(?:pat|dt|rt)-[{_TOKEN}]{{20,}}"),
    ("slack", ("xox", "xapp-"), rf"xox[abeoprs]-[{_TOKEN}]{{10,}}|xapp-[{_TOKEN}]{{10,}}"),
    ("slack_webhook", ("hooks.slack.com",), r"hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"),
    ("stripe", ("k_live_", "k_test_"), r"[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("stripe", ("whsec_",), r"whsec_[A-Za-z0-9+/=]{24,}"),
    ("openai_or_anthropic", ("sk-",), rf"sk-(?=[{_TOKEN}]*[0-9])[{_TOKEN}]{{20,}}"),
    ("huggingface", ("hf_",), r"hf_[A-Za-z]{30,}"),
    ("npm", ("npm_",), r"npm_[A-Za-z0-9]{36}"),
    ("pypi", ("pypi-",), rf"pypi-[{_TOKEN}]{{50,}}"),
    ("sendgrid", ("SG.",), rf"SG\.[{_TOKEN}]{{16,32}}\.[{_TOKEN}]{{16,64}}"),
    ("twilio", ("SK", "AC"), r"(?:SK|AC)[0-9a-f]{32}"),
    ("telegram", (":AA",), rf"[0-9]{{8,10}}:AA[{_TOKEN}]{{32,34}}"),
    ("discord", (".",), rf"[MNO][{_TOKEN}]{{23,27}}\.[{_TOKEN}]{{6}}\.[{_TOKEN}]{{27,40}}"),
    ("digitalocean", ("_v1_",), r"do[opr]_v1_[a-f0-9]{64}"),
    ("shopify", ("shp",), r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"),
    ("mailgun", ("key-",), r"key-[0-9a-f]{32}"),
    ("databricks", ("dapi",), r"dapi[0-9a-f]{32}"),
    ("vault", ("hvs.",), rf"hvs\.[{_TOKEN}]{{24,}}"),
    ("groq", ("gsk_",), r"gsk_[A-Za-z0-9]{40,}"),
    ("xai", ("xai-",), r"xai-[A-Za-z0-9]{40,}"),
    ("replicate", ("r8_",), r"r8_[A-Za-z0-9]{30,}"),
    ("notion", ("ntn_",), r"ntn_[A-Za-z0-9]{30,}"),
    ("linear", ("lin_api_",), r"lin_api_[A-Za-z0-9]{30,}"),
    ("postman", ("PMAK-",), r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("newrelic", ("NRAK-",), r"NRAK-[A-Z0-9]{27}"),
    ("alibaba", ("LTAI",), r"LTAI[A-Za-z0-9]{12,24}"),
    ("tencent", ("AKID",), r"AKID[A-Za-z0-9]{32}"),
    ("age", ("AGE-SECRET-KEY-1",), r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    ("jwt", ("eyJ",), rf"eyJ[{_TOKEN}]{{10,2000}}\.eyJ[{_TOKEN}]{{10,}}(?:\.[{_TOKEN}]*)?"),
)  # fmt: skip
_FORMS = tuple((name, hints, _key(body)) for name, hints, body in _PROVIDERS)

_GAP = r"(?:\s|\\[nr])"
_PEM = (
    r"-----BEGIN (?:[A-Z0-9]{2,9} )?PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_GAP}*+(?:[A-Za-z0-9+/=]{{20,}}+|(?:Proc-Type|DEK-Info|Version|Comment): [^\n]{{0,80}}))*+"
    rf"(?:{_GAP}*+=?[A-Za-z0-9+/=]{{1,19}}+(?![^\s\\-]))?+"
)
_PRIVATE_KEY = re.compile(_PEM + rf"(?:{_GAP}*-----END (?:[A-Z0-9]{{2,9}} )?PRIVATE KEY(?: BLOCK)?-----)?")
OPEN_PRIVATE_KEY = re.compile(_PEM + rf"{_GAP}*\Z")
"""A private key at the end of a text, to which more lines may come."""

_SECRET_NAMES = (
    r"pass(?:word|wd|code|phrase)?|pwd|api[_ -]?key|(?:access|private|encryption)[_ -]?key|"
    r"(?:auth|access|bearer|refresh|session|client)[_ -]?(?:token|secret)|"
    r"secret(?:[_ -]?(?:access[_ -]?)?key)?|token|credentials?"
)
_BARE = r"[!#$%&*+./0-9:=?@A-Z\\^_a-z|~-]"
"""What a value without quotes is made of: no brackets, as code has them."""
_ASSIGNED = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z0-9_]{{0,24}}?(?P<name>{_SECRET_NAMES})['\"]?[ ]{{0,2}}(?::=|=>|[:=])[ ]{{0,2}}"
    rf"(?:(?P<quote>['\"`])(?P<quoted>[!-~]{{6,512}}?)(?P=quote)|(?P<bare>{_BARE}{{6,512}}+)(?![({{\[<]))",
    re.IGNORECASE | re.ASCII,
)
_TOLD = re.compile(
    r"(?:(?:password|passcode|passphrase|pwd|pass word|passwort|kennwort|mot de passe|contraseña|senha)"
    r"(?:(?: (?:for|of) [a-z' -]{1,24}?)? (?:is|was|to|as|ist|lautet|est|es|é))?"
    r"[ ]?(?:[:=] ?|(?<= )|(?=['\"`‘“]))|"
    r"(?:비밀번호|비번|암호|패스워드)(?:는|은|가|이)? ?[:=]? ?|(?:密码|密碼|口令)(?:是|为|為)? ?[:=]? ?|"
    r"(?:パスワード|暗証番号)(?:は|が)? ?[:=]? ?)"
    rf"(?:(?P<quote>['\"`])(?P<quoted>[!-~]{{4,128}}?)(?P=quote)|[「『“‘]?(?P<bare>{_BARE}{{4,128}}+)(?![({{\[<]))",
    re.IGNORECASE,
)
_IS = "(?: is| was|은|는|是|は)?[ :=]{0,2}"
_CODE = re.compile(
    rf"(?:\b(?:cvv|cvc)2?\b(?: code)?|보안코드){_IS}(?P<short>[0-9]{{3,4}})(?![0-9A-Za-z_.])|"
    rf"(?:\b(?:pin|otp)\b|인증번호|验证码|驗證碼|暗証番号|認証コード){_IS}(?P<long>[0-9]{{4,8}})(?![0-9A-Za-z_.])",
    re.IGNORECASE,
)
"""The few digits that prove who somebody is; an Indian "PIN code" is a postal one."""
_BEARER = re.compile(r"(?:Bearer|Basic)[ ]+(?P<value>[A-Za-z0-9._~+/-]{16,4000}=*)")
_IN_URL = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}://(?P<value>[!#-&(-.0-;=?A-~]{1,64}:[!#-&(-.0-;=?A-~]{3,128})@",
    re.IGNORECASE | re.ASCII,
)

_NO_VALUE = re.compile(
    r"[$%<{\[(*]|x{4,}|your|my_|example|placeholder|change_?me|os\.|env|process\.|get|self\.|none|null|true|false|string",
    re.IGNORECASE,
)
"""How code and manuals begin what only stands for a secret."""
_NAME_IN_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+")
_WORD_SIGNS = "_-./:,'?"
_LEAST_ENTROPY = 2.5
"""Bits a character; words of a language repeat their letters, keys do not."""


def keys(reading: Reading) -> Iterator[Found]:
    """What opens a door: tokens of known providers, private keys, and secrets that stand after their name."""
    for name, hints, pattern in _FORMS:
        if any(hint in reading.plain for hint in hints):
            for match in pattern.finditer(reading.plain):
                yield Found("key", name, *match.span(), 0.95)
    if "-----BEGIN" in reading.plain:
        for match in _PRIVATE_KEY.finditer(reading.plain):
            yield Found("key", "private_key", *match.span(), 1.0)
    for match in _BEARER.finditer(reading.plain):
        if _is_random(match["value"]):
            yield Found("key", "bearer", *match.span("value"), 0.8)


def passwords(reading: Reading) -> Iterator[Found]:
    """What somebody calls a password or a secret, where it looks like one."""
    for match in _ASSIGNED.finditer(reading.plain):
        is_key = not match["name"].lower().startswith(("pass", "pwd"))
        start, value = _value(match)
        if _is_value(value) and (_is_random(value) if is_key else _is_mixed(value)):
            yield Found("key" if is_key else "password", "assigned", start, start + len(value), 0.8)
    for match in _TOLD.finditer(reading.plain):
        start, value = _value(match)
        if _is_value(value) and _is_mixed(value):
            yield Found("password", "told", start, start + len(value), 0.7)
    for match in _CODE.finditer(reading.plain):
        yield Found("password", "code", *match.span("short" if match["short"] else "long"), 0.7)
    for match in _IN_URL.finditer(reading.plain):
        yield Found("password", "in_url", *match.span("value"), 0.9)


def _value(match: re.Match[str]) -> tuple[int, str]:
    """Where the value begins, and the value without what ends the sentence."""
    name = "quoted" if match["quoted"] else "bare"
    return match.start(name), match[name] if name == "quoted" else match[name].rstrip(".:?")


def _is_value(value: str) -> bool:
    return not (_NO_VALUE.match(value) or _NAME_IN_CODE.fullmatch(value))


def _is_mixed(value: str) -> bool:
    """Whether this is more than a word or a name in code: a digit or a rare sign beside letters."""
    has_letter, has_digit = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    has_sign = any(not char.isalnum() and char not in _WORD_SIGNS for char in value)
    return (has_letter and (has_digit or has_sign)) or (has_digit and has_sign)


def _is_random(value: str) -> bool:
    if len(value) < 12 or not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    shares = (count / len(value) for count in Counter(value).values())
    return -sum(share * math.log2(share) for share in shares) >= _LEAST_ENTROPY
