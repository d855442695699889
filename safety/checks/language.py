"""The language a text is written in, so that a check can say that it did not judge one it does not know.

Where the script decides, it does. Latin text counts as English unless another language is clearly likelier:
short prompts, names and code look like many languages at once. Romanised Hindi counts as English, too.
"""

import re
from collections import Counter
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SURE = 0.8
"""Another language than English is believed from this probability on."""
ENGLISH_RULED_OUT = 0.02
_LATIN_LANGUAGES = (
    "en", "fr", "de", "es", "it", "pt", "nl", "pl", "tr", "vi", "id", "sw", "sv", "da", "no", "ro", "cs",
    "sk", "fi", "hu", "tl", "jv", "ms", "hr", "lt", "lv", "et", "sq", "az", "so", "zu", "ht",
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
}
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
    east_asian = _chinese_or_japanese(weights.pop("han"), weights.pop("kana"))
    weights.update(east_asian)
    script, weight = weights.most_common(1)[0]
    if weight == 0:
        return None
    return _latin(sample) if script == "latin" else _within(script, sample)


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
