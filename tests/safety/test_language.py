import pytest

from safety.checks.language import language_of

SHORT_ENGLISH = [
    "hi",
    "hello",
    "ok",
    "yo",
    "lol",
    "thanks!",
    "kill a Python process",
    "print hello world",
    "tell me a joke",
    "explain recursion",
    "docker ps",
    "git rebase",
    "sqrt 2",
    "C++ vs Rust",
    "numpy argmax axis",
    "recipe for coq au vin",
    "banana bread recipe",
    "Tell me about Mozart and Salzburg",
    "I luv u",
]

SENTENCES = {
    "fr": "Comment puis-je apprendre à jouer du piano sans professeur ?",
    "de": "Wie kann ich ohne Lehrer Klavier spielen lernen?",
    "es": "¿Cómo puedo aprender a tocar el piano sin profesor?",
    "sw": "Habari yako, unaendeleaje leo rafiki yangu?",
    "vi": "Làm thế nào để học chơi đàn piano?",
    "ru": "Как научиться играть на пианино?",
    "uk": "Як навчитися грати на піаніно, якщо немає вчителя?",
    "ar": "كيف أتعلم العزف على البيانو؟",
    "fa": "چگونه پیانو یاد بگیرم؟",
    "hi": "मैं पियानो बजाना कैसे सीखूँ?",
    "th": "ฉันจะเรียนเปียโนได้อย่างไร",
    "ko": "피아노를 어떻게 배우나요?",
    "ja": "ピアノはどうやって習いますか？",
    "zh": "怎么学钢琴？",
}


@pytest.mark.parametrize("text", SHORT_ENGLISH)
def test_a_short_english_prompt_is_english(text):
    assert language_of(text) == "en"


@pytest.mark.parametrize("language", SENTENCES)
def test_a_plain_sentence_is_recognised(language):
    assert language_of(SENTENCES[language]) == language


@pytest.mark.parametrize("text", ["", " \n", "123 + 4", "!?", "😀👍", "\x00\ud800"])
def test_a_text_without_letters_has_no_language(text):
    assert language_of(text) is None


def test_a_chinese_question_with_english_terms_is_chinese():
    assert language_of("请用Python写一个hello world程序") == "zh"


def test_a_japanese_text_with_few_kana_is_japanese():
    assert language_of("東京都庁舎建築費用概算報告書の要約") == "ja"


def test_an_english_text_that_quotes_a_chinese_word_is_english():
    assert language_of("What does the Chinese word 你好 mean, and when do people use it?") == "en"


def test_the_end_of_a_long_text_counts():
    text = "1234567890 " * 2000 + SENTENCES["sw"] * 5

    assert language_of(text) == "sw"


STRANGE = {
    "gu": "હું પિયાનો વગાડતા કેવી રીતે શીખી શકું?",
    "pa": "ਮੈਂ ਪਿਆਨੋ ਵਜਾਉਣਾ ਕਿਵੇਂ ਸਿੱਖਾਂ?",
    "kn": "ನಾನು ಪಿಯಾನೋ ನುಡಿಸುವುದನ್ನು ಹೇಗೆ ಕಲಿಯಲಿ?",
    "ml": "എനിക്ക് പിയാനോ വായിക്കാൻ എങ്ങനെ പഠിക്കാം?",
    "si": "මම පියානෝව වාදනය කරන්නේ කෙසේද?",
    "lo": "ຂ້ອຍຈະຮຽນເປຍໂນໄດ້ແນວໃດ?",
    "und": "ᏙᎯᏧ ᎤᏪᏥ ᎠᏂᏴᏫᏯ ᎦᏬᏂᎯᏍᏗ",
    "cy": "Sut alla i ddysgu canu'r piano heb athro yn y dref hon?",
    "ca": "Com puc aprendre a tocar el piano sense cap professor a casa meva?",
}


@pytest.mark.parametrize("language", STRANGE)
def test_a_language_that_no_check_reads_is_never_taken_for_none(language):
    assert language_of(STRANGE[language]) == language


def test_a_good_part_in_a_script_that_no_check_reads_decides():
    russian = SENTENCES["ru"]

    assert language_of(f"Please answer this for me: {russian} {russian}") == "ru"
    assert (
        language_of(f"What does the word привет mean, and when do people say it to one another? {'x' * 20}")
        == "en"
    )


def test_styled_letters_are_latin():
    assert language_of("𝓗𝓸𝔀 𝓭𝓸 𝓘 𝓵𝓮𝓪𝓻𝓷 𝓽𝓸 𝓹𝓵𝓪𝔂 the piano today") == "en"
