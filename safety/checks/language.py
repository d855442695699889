"""The language a text is written in, so that a check can say that it did not judge one it does not know.

Where the script decides, it does; a script that nothing here knows is `und`, which no check judges. Latin
text counts as English unless another language is clearly likelier: short prompts, names and code look like
many languages at once. Romanised Hindi counts as English, too. Of a text in several scripts, one that no
check reads decides already where it is a good part of the text.
"""

import re
import unicodedata
from collections import Counter
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SURE = 0.8
"""Another language than English is believed from this probability on."""
ENGLISH_RULED_OUT = 0.02
_LATIN_LANGUAGES = (
    "en", "fr", "de", "es", "it", "pt", "nl", "pl", "tr", "vi", "id", "sw", "sv", "da", "no", "ro", "cs",
    "sk", "fi", "hu", "tl", "jv", "ms", "hr", "lt", "lv", "et", "sq", "az", "so", "zu", "ht",
    "ca", "sl", "af", "cy", "eu", "gl", "is", "ga", "mg", "rw", "xh", "mt", "eo",
)  # fmt: skip
_SAMPLE = 1500
"""Characters looked at in the beginning, the middle and the end of a long text."""
_SCRIPTS = {
    "ko": re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"),
    "kana": re.compile("[\u3041-\u30ff\u31f0-\u31ff\uff66-\uff9d]"),
    "han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a]"),
    "ru": re.compile("[\u0400-\u052f]"),
    "ar": re.compile("[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefe]"),
    "hi": re.compile("[\u0900-\u097f]"),
    "bn": re.compile("[\u0980-\u09ff]"),
    "ta": re.compile("[\u0b80-\u0bff]"),
    "te": re.compile("[\u0c00-\u0c7f]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "he": re.compile("[\u0590-\u05ff]"),
    "el": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "hy": re.compile("[\u0530-\u058f]"),
    "ka": re.compile("[\u10a0-\u10ff]"),
    "am": re.compile("[\u1200-\u139f]"),
    "km": re.compile("[\u1780-\u17ff]"),
    "my": re.compile("[\u1000-\u109f]"),
    "gu": re.compile("[\u0a80-\u0aff]"),
    "pa": re.compile("[\u0a00-\u0a7f]"),
    "or": re.compile("[\u0b00-\u0b7f]"),
    "kn": re.compile("[\u0c80-\u0cff]"),
    "ml": re.compile("[\u0d00-\u0d7f]"),
    "si": re.compile("[\u0d80-\u0dff]"),
    "lo": re.compile("[\u0e80-\u0eff]"),
    "bo": re.compile("[\u0f00-\u0fff]"),
    "mn": re.compile("[\u1800-\u18af]"),
}
_LETTER = re.compile(r"[^\W\d_]")
_READ = frozenset(("ko", "ja", "zh", "latin"))
"""Scripts of languages that some check reads."""
_PART, _FEWEST = 0.3, 20
"""From this part of the letters on, and so many, a script that no check reads decides."""
UNKNOWN = "und"
_LATIN_WORD = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff\u0300-\u036f'’]+")
_DENSE = {"ko": 2, "kana": 2, "han": 3}
"""How many Latin letters one character of a script weighs, for texts that mix them."""
_TELLING = (("ar", "fa", "[پچژگ]"), ("ar", "ur", "[ٹڈڑںے]"), ("ru", "uk", "[іїєґІЇЄҐ]"))


def language_of(text: str) -> str | None:
    """ISO 639-1 code, or None where nothing tells it; close relatives in one script share a code."""
    sample = _sample(text)
    weights = Counter(
        {name: len(pattern.findall(sample)) * _DENSE.get(name, 1) for name, pattern in _SCRIPTS.items()}
    )
    weights.update(_chinese_or_japanese(weights.pop("han"), weights.pop("kana")))
    if rest := _letters_of_no_script(sample):
        weights[UNKNOWN] = rest
    script, weight = weights.most_common(1)[0]
    if weight == 0:
        return None
    if unread := _unread(weights):
        script = unread
    return _latin(sample) if script == "latin" else _within(script, sample)


def _letters_of_no_script(sample: str) -> int:
    """How many letters are of no script in the table; styled Latin letters are of one, in plain form."""
    if sample.isascii():
        return 0
    letters = {char for char in set(sample) if _LETTER.match(char)}
    strange = {
        char
        for char in letters
        if not any(one.match(unicodedata.normalize("NFKC", char)) for one in _SCRIPTS.values())
    }
    return sum(sample.count(char) for char in strange)


def _unread(weights: Counter[str]) -> str | None:
    """The commonest script that no check reads, where these are a good part of the text."""
    unread = {name: weight for name, weight in weights.items() if name not in _READ}
    count = sum(unread.values())
    if count < _FEWEST or count < _PART * weights.total():
        return None
    return max(unread, key=lambda name: unread[name])


def _sample(text: str) -> str:
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = len(text) // 2
    return f"{text[:_SAMPLE]} {text[middle : middle + _SAMPLE]} {text[-_SAMPLE:]}"


def _chinese_or_japanese(han: int, kana: int) -> dict[str, int]:
    """Japanese mixes both; Chinese quotes a word of kana at most."""
    return {"ja": han + kana} if kana * 30 > han else {"zh": han + kana}


def _within(script: str, sample: str) -> str:
    for general, language, letters in _TELLING:
        if script == general and re.search(letters, sample):
            return language
    return script


def _latin(sample: str) -> str:
    probabilities = dict(_identifier().rank(" ".join(_LATIN_WORD.findall(sample))))
    language = max(probabilities, key=lambda name: probabilities[name])
    is_other = probabilities[language] >= SURE and probabilities["en"] <= ENGLISH_RULED_OUT
    return str(language) if is_other else "en"


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LATIN_LANGUAGES)
    return identifier
