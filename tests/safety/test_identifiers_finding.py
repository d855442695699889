"""Every kind of identifier: where it is found, and like texts that hold none."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safety.checks.identifiers.finding import LEAST_SCORE, find
from safety.checks.identifiers.national import NUMBERINGS
from safety.checks.identifiers.reading import read

SLOWEST_MEGABYTE = 40.0
"""Seconds of the processor, on a busy machine; time that grew with the square would be hours."""
KEY = "a1B2c3D4e5F6g7H8"
PEM = "\n".join(["-----BEGIN PRIVATE KEY-----", *[KEY * 4] * 3, "kx0=", "-----END PRIVATE KEY-----"])


def found(text):
    """What is found in a text: kind, name, and the words themselves."""
    reading = read(text)
    places = [(one, reading.span(one.start, one.end)) for one in find(reading)]
    return [(one.kind, one.name, text[span.start : span.end]) for one, span in places]


def pieces(text):
    return [piece for _, _, piece in found(text)]


CAUGHT = [
    # cards
    ("card", "I lost 4111 1111 1111 1111 today", "4111 1111 1111 1111"),
    ("card", "5555555555554444", "5555555555554444"),
    ("card", "3782-822463-10005.", "3782-822463-10005"),
    ("card", "2024 4111 1111 1111 1111 12/27", "4111 1111 1111 1111"),
    ("card", "my card 4222222222222, please", "4222222222222"),
    ("card", "카드번호는 4111111111111111입니다", "4111111111111111"),
    ("card", "カード４１１１　１１１１　１１１１　１１１１です", "４１１１　１１１１　１１１１　１１１１"),
    ("card", "4111\u200b1111\u200b1111\u200b1111", "4111\u200b1111\u200b1111\u200b1111"),
    ("card", "卡号：٤١١١١١١١١١١١١١١١", "٤١١١١١١١١١١١١١١١"),
    # accounts
    ("bank_account", "IBAN DE89 3704 0044 0532 0130 00 please", "DE89 3704 0044 0532 0130 00"),
    ("bank_account", "to gb82west12345698765432 now", "gb82west12345698765432"),
    ("bank_account", "account number: 3847283911", "3847283911"),
    ("bank_account", "계좌번호는 110-234-567890 입니다", "110-234-567890"),
    ("bank_account", "口座番号 1234567", "1234567"),
    ("bank_account", "the routing number is 021000021", "021000021"),
    ("bank_account", "sort code 20-00-00", "20-00-00"),
    # phones
    ("phone", "+82 10-1234-5678", "+82 10-1234-5678"),
    ("phone", "010-2345-6789로 보내", "010-2345-6789"),
    ("phone", "请打13812345678吧", "13812345678"),
    ("phone", "０９０ー１２３４ー５６７８", "０９０ー１２３４ー５６７８"),
    ("phone", "It is (415) 267-1234 x12.", "(415) 267-1234 x12"),
    ("phone", "+44 20 7946 0958", "+44 20 7946 0958"),
    ("phone", "Tel. 030/123456", "030/123456"),
    ("phone", "They are not answering at 785 8949", "785 8949"),
    ("phone", "+41 (0)69 979 80 58", "+41 (0)69 979 80 58"),
    # network
    ("email", "이메일은ann.lee+x@mail.example.co.kr으로", "ann.lee+x@mail.example.co.kr"),
    ("email", "ｂｏｂ＠ｅｘａｍｐｌｅ．ｏｒｇ", "ｂｏｂ＠ｅｘａｍｐｌｅ．ｏｒｇ"),
    ("ip", "from 203.0.113.9.", "203.0.113.9"),
    ("ip", "at 2001:db8::8a2e:370:7334 now", "2001:db8::8a2e:370:7334"),
    ("ip", "00:1A:2b:3C:4d:5E", "00:1A:2b:3C:4d:5E"),
    ("wallet", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    (
        "wallet",
        "pay bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    ),
    ("wallet", "0x52908400098527886E0F7030069857D2E4169EE7", "0x52908400098527886E0F7030069857D2E4169EE7"),
    # keys and passwords
    ("key", "AKIA" + "IOSFODNN7EXAMPLE", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("key", f"token ghp_{KEY}{KEY}abcd!", f"ghp_{KEY}{KEY}abcd"),
    ("key", f"sk-ant-api03-{KEY}{KEY}", f"sk-ant-api03-{KEY}{KEY}"),
    ("key", f"hf_{'aBcDeFgH' * 4}", f"hf_{'aBcDeFgH' * 4}"),
    ("key", f"eyJ{KEY}.eyJ{KEY}.{KEY}", f"eyJ{KEY}.eyJ{KEY}.{KEY}"),
    ("key", f"see {PEM} there", PEM),
    ("key", f"API_KEY = '{KEY}'", KEY),
    ("key", f"Authorization: Bearer {KEY}", KEY),
    ("password", "password: Winter2024!", "Winter2024!"),
    ("password", "my password is hunter2, ok?", "hunter2"),
    ("password", 'DB_PASSWORD="c0rrect-horse"', "c0rrect-horse"),
    ("password", "비밀번호는 abc123!@ 예요", "abc123!@"),
    ("password", "密码是abc12345。", "abc12345"),
    ("password", "postgresql://bob:s3cret@db/x", "bob:s3cret"),
    ("password", "the password for the wifi is Sunflower42", "Sunflower42"),
    ("password", "mein Passwort ist Geheim123!", "Geheim123!"),
    ("password", "CVV 123, my pin is 4821.", "123"),
    ("password", "인증번호는 483920 입니다", "483920"),
    # numbers without check digits, after their name
    ("national_id", "passport number XG9382049", "XG9382049"),
    ("national_id", "여권번호 M12345678", "M12345678"),
    ("national_id", "여권 M123A4567", "M123A4567"),
    ("national_id", "my driver's license number is F1628235", "F1628235"),
    ("national_id", "면허 11-22-123456-78", "11-22-123456-78"),
]

MISSED = [
    "order 4111 1111 1111 1112",  # a card whose check digit is wrong
    "the id 4222222222222",  # thirteen digits may be anything
    "0.4111111111111111",
    "card 1000 0000 0000 0008",
    "0000 0000 0000 0000",
    "IBAN DE89 3704 0044 0532 0130 01",
    "GB82 is a car",
    "SSN 000-12-3456 and SSN 666-12-3456",
    "991332-1234567",  # no such day
    "11010119900307451X",
    "The meeting is on 2024-03-15, 10:30-11:45, in room 203.",
    "from 01.02.2023 to 31.12.2023",
    "Boston, MA 02110-1301",
    "ISBN 978-0-306-40615-7",
    "pi is 3.14159265358979 and e 2.71828182845905",
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18",
    "9,876,543,210 won and 1.234.567,89 €",
    "def f(x): return x ** 2  # version 1.2.3.4",
    "256.300.1.2 and 12:34:56",
    "std::vector<int>::iterator",
    "icon@2x.png @ann a@b user@localhost",
    "git@github.com:owner/name.git",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
    "0x5290840009852788",
    "password = os.environ['DB_PASSWORD']",
    "self.cls_token = nn.Parameter(torch.zeros(1, 1, config.hidden_size))",
    "The password must have eight characters and the token expires.",
    "this page is password-protected",
    "pin 13 of the board, PIN code 110001, pin 3.3",
    "password: string, api_key: your_api_key_here",
    "-----BEGIN CERTIFICATE-----",
    "sk-learn-contrib-is-a-package",
    "eyJhbGciOiJIUzI1NiJ9",
    "the passport office opens at 9",
    "My driver's license expired in 2020",
    "👨‍👩‍👧‍👦 1️⃣2️⃣3️⃣",
    "سال ۱۴۰۳ و ساعت ۱۲:۳۰",
]


@pytest.mark.parametrize(("kind", "text", "piece"), CAUGHT)
def test_an_identifier_is_found_whole_and_called_what_it_is(kind, text, piece):
    assert (kind, piece) in [(one, said) for one, _, said in found(text)]


@pytest.mark.parametrize("text", MISSED)
def test_what_only_looks_like_an_identifier_is_left_alone(text):
    assert found(text) == []


SAMPLES = {
    "us_ssn": ("536-90-4399", "666-90-4399"),
    "us_itin": ("912-90-3456", "912-93-4567"),
    "us_ein": ("91-1144442", "07-1144442"),
    "kr_rrn": ("900101-1234568", "901301-1234568"),
    "jp_my_number": ("6214 9832 0257", "6214 9832 0258"),
    "cn_resident_id": ("110101199003074514", "110101199003074515"),
    "gb_nino": ("AB 12 34 56 C", "BG 12 34 56 C"),
    "gb_nhs": ("943-476-5870", "943-476-5871"),
    "de_tax_id": ("36 574 261 809", "36 574 261 890"),
    "fr_nir": ("2 95 10 99 126 111 93", "2 95 10 99 126 111 99"),
    "es_dni": ("54362315-K", "54362315-Z"),
    "es_nie": ("X-1234567-L", "X-1234567-M"),
    "it_codice_fiscale": ("RCCMNL83S18D969H", "RCCMNL83S18D969X"),
    "pl_pesel": ("44051401359", "44051401358"),
    "nl_bsn": ("111222333", "111222334"),
    "be_national": ("85.07.30-033.28", "85.07.30-033.29"),
    "ch_ahv": ("756.9217.0769.85", "756.9217.0769.84"),
    "se_personnummer": ("880320-0016", "880320-0018"),
    "dk_cpr": ("211062-5629", "511062-5629"),
    "no_fodselsnummer": ("151086 95088", "151086 95077"),
    "fi_hetu": ("131052-308T", "131052-308U"),
    "cz_rodne_cislo": ("710319/2745", "710319/2746"),
    "ro_cnp": ("1630615123457", "1632215123457"),
    "tr_kimlik": ("17291716060", "17291716050"),
    "il_id": ("12345678-2", "12345678-3"),
    "in_aadhaar": ("2345 6789 0124", "2345 6789 0125"),
    "in_pan": ("ACUPA7085R", "ACUPA0000R"),
    "id_nik": ("3171011708450001", "9971011708450001"),
    "my_nric": ("770305-02-1234", "771305-02-1234"),
    "th_national": ("1-2345-45678-78-1", "1-2345-45678-78-9"),
    "pk_cnic": ("34201-0891231-8", "04201-0891231-8"),
    "br_cpf": ("390.533.447-05", "390.533.447-06"),
    "cl_rut": ("12.345.678-5", "12.345.678-6"),
    "mx_curp": ("BOXW310820HNERXN09", "BOXW310820HNERXN08"),
    "ca_sin": ("123-456-782", "123-456-783"),
    "tw_id": ("A123456789", "A123456788"),
    "hk_id": ("A123456(3)", "A123456(4)"),
    "sg_nric": ("S1234567D", "S1234567E"),
    "za_id": ("7503305044089", "8503305044089"),
}
WORDS = {
    "us_ssn": "SSN", "us_ein": "EIN", "us_itin": "tax", "kr_rrn": "주민등록번호", "jp_my_number": "個人番号",
    "gb_nhs": "NHS", "de_tax_id": "Steuer-ID", "pl_pesel": "PESEL", "nl_bsn": "BSN", "dk_cpr": "CPR",
    "tr_kimlik": "TC kimlik", "il_id": "Israeli", "id_nik": "NIK", "ca_sin": "SIN", "za_id": "ID",
}  # fmt: skip
STRONG = {one.name for one in NUMBERINGS if one.alone >= LEAST_SCORE}
WEAK = sorted({one.name for one in NUMBERINGS} - STRONG)


def test_every_national_number_has_a_sample():
    assert {one.name for one in NUMBERINGS} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_national_number_is_found_and_a_broken_one_is_not(name):
    valid, broken = SAMPLES[name]
    said = WORDS.get(name, "it is")

    assert ("national_id", name, valid) in found(f"{said} {valid}.")
    assert "national_id" not in [kind for kind, _, _ in found(f"{said} {broken}.")]


@pytest.mark.parametrize("name", WEAK)
def test_a_number_with_a_weak_check_digit_needs_a_word_beside_it(name):
    assert "national_id" not in [kind for kind, _, _ in found(f"it was {SAMPLES[name][0]} then")]


def test_of_two_finds_in_one_place_the_longer_and_surer_is_given():
    assert [kind for kind, _, _ in found("call 536-90-4399")] == ["national_id"]
    assert [kind for kind, _, _ in found("it is 151086 95088")] == ["national_id"]
    assert pieces("https://bob:s3cret@mail.example/x") == ["bob:s3cret", "s3cret@mail.example"]


@given(st.text(alphabet="0123456789 .-+()@aBx\n\u200b٣４／:ー\ud800", max_size=300))
def test_finds_lie_in_order_within_the_text(text):
    reading = read(text)

    finds = find(reading)
    spans = [reading.span(one.start, one.end) for one in finds]

    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert [one.start for one in finds] == sorted(one.start for one in finds)
    assert all(one.score >= LEAST_SCORE for one in finds)


@pytest.mark.parametrize("piece", ["12-34-56-78 ", "a@"])
def test_a_megabyte_of_hostile_text_is_read_in_proportion(piece):
    started = time.process_time()

    find(read(piece * (1_000_000 // len(piece))))

    assert time.process_time() - started < SLOWEST_MEGABYTE


@pytest.mark.parametrize(
    "piece",
    ["1", "1 ", "4111 1111 1111 1111 ", "010-1234-5678 ", "(((", "@", "a", "a.b-c@d-", "::", "1.1.1.", "eyJ",
     "password:", "passport ", "-----BEGIN PRIVATE KEY-----\n", "http://a:b:", "A1", "\u200b1", "DE89 ",
     "account 1", "Bearer aaaaaaaaaaaaaaaaaaaa "],
)  # fmt: skip
def test_more_hostile_text_is_read_in_proportion(piece):
    started = time.process_time()

    find(read(piece * (100_000 // len(piece))))

    assert time.process_time() - started < SLOWEST_MEGABYTE / 5
