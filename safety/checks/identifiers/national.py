"""National ids, passports and driving licences: the number's own check digits, or words that name it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cn import ric
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.id import nik
from stdnum.il import idnr as il_idnr
from stdnum.in_ import aadhaar, pan
from stdnum.it import codicefiscale
from stdnum.jp import in_ as my_number
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.my import nric
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pk import cnic
from stdnum.pl import pesel
from stdnum.ro import cnp
from stdnum.se import personnummer
from stdnum.th import pin
from stdnum.tr import tckimlik
from stdnum.us import ein, itin, ssn
from stdnum.za import idnr as za_idnr

from safety.checks.identifiers.lettered import is_of_hong_kong, is_of_singapore, is_taiwanese
from safety.checks.identifiers.reading import Found, Reading, alone

_ID_WORDS = (
    r"\bid\b|identity|identification|national|citizen|passport|주민|신분증|외국인등록|身份证|身份證|身份证号|公民身份|"
    r"身分証|個人番号"
)


@dataclass(frozen=True, slots=True)
class Numbering:
    """One country's numbers: how they are written, what makes one valid, and how sure a valid one is."""

    name: str
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]
    alone: float
    """The score of a valid number that nothing else speaks of; below 0.5 it is found only beside a word."""
    words: re.Pattern[str]


def _numbering(
    name: str, body: str, is_valid: Callable[[str], bool], score: float, words: str = _ID_WORDS
) -> Numbering:
    """In `body` # is a digit, @ a letter, and % a digit or the letter that Italy writes for one."""
    for sign, meant in (("#", "[0-9]"), ("@", "[A-Za-z]"), ("%", "[0-9LMNPQRSTUVlmnpqrstuv]")):
        body = body.replace(sign, meant)
    return Numbering(name, alone(body), is_valid, score, re.compile(words))


def _always(number: str) -> bool:
    return True


def _is_day(month: str, day: str) -> bool:
    return 1 <= int(month) <= 12 and 1 <= int(day) <= 31


def _is_dated(number: str) -> bool:
    """Whether a Korean number begins with a birthday; since 2020 its last digits carry no check digit."""
    return _is_day(number[2:4], number[4:6])


def _is_resident_id(number: str) -> bool:
    """Whether a Chinese number has a birthday and its check digit; `ric.is_valid` fails on some counties."""
    is_dated = number[6:8] in ("18", "19", "20") and _is_day(number[10:12], number[12:14])
    return is_dated and ric.calc_check_digit(number) == number[-1].upper()


def _is_ssn(number: str) -> bool:
    return ssn.is_valid(number.replace(" ", "-"))


_MY_NUMBER_WORDS = r"マイナンバ|個人番号|my ?number"
_TAX_WORDS = r"\btax|\btin\b|\bein\b|\bitin\b|employer id"
_SSN_WORDS = r"\bssn\b|\bss ?#|social ?security|\bsocial\b"

_NINO = "(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"

# fmt: off
NUMBERINGS = (
    _numbering("us_ssn", r"###-##-####", ssn.is_valid, 0.85, _SSN_WORDS),
    _numbering("us_ssn", r"### ?## ?####", _is_ssn, 0.2, _SSN_WORDS),
    _numbering("us_itin", r"9##[- ]##[- ]####", itin.is_valid, 0.6, _TAX_WORDS),
    _numbering("us_ein", r"##-#######", ein.is_valid, 0.3, _TAX_WORDS),
    _numbering("kr_rrn", r"###### ?- ?[1-8]######", _is_dated, 0.8, r"주민|외국인등록|resident"),
    _numbering("kr_rrn", r"###### ?[1-8]######", rrn.is_valid, 0.6, r"주민|외국인등록|resident"),
    _numbering("jp_my_number", r"####([ -]?)####\1####", my_number.is_valid, 0.3, _MY_NUMBER_WORDS),
    _numbering("cn_resident_id", r"[1-9]#{16}[0-9Xx]", _is_resident_id, 0.95, r"身份证|身份證|resident"),
    _numbering("tw_id", r"[A-Z][1289]########", is_taiwanese, 0.6, r"身分證|身份證|統一編號"),
    _numbering("hk_id", r"[A-Z]{1,2}######\([0-9A]\)", is_of_hong_kong, 0.85, r"身份證|hkid"),
    _numbering("sg_nric", r"[STFG]#######[A-Z]", is_of_singapore, 0.7, r"nric|\bfin\b"),
    _numbering("gb_nino", rf"{_NINO} ?## ?## ?## ?[A-D]", _always, 0.75, r"national insurance|\bni(?:no)?\b"),
    _numbering("gb_nhs", r"###[ -]?###[ -]?####", nhs.is_valid, 0.2, r"\bnhs\b"),
    _numbering("de_tax_id", r"[1-9]# ?### ?### ?###", idnr.is_valid, 0.3, r"steuer|tax|\bidnr"),
    _numbering("fr_nir", r"[1278] ?## ?## ?#[0-9AB] ?### ?### ?##", nir.is_valid, 0.9, r"sécu|\bnir\b|insee"),
    _numbering("es_dni", r"########-?[A-Z]", dni.is_valid, 0.6, r"\bdni\b|\bnif\b|identidad"),
    _numbering("es_nie", r"[XYZ]-?#######-?[A-Z]", nie.is_valid, 0.7, r"\bnie\b|extranjero"),
    _numbering("it_codice_fiscale", "@{6}%{2}@%{2}@%{3}@", codicefiscale.is_valid, 0.9, r"codice|fiscale"),
    _numbering("pl_pesel", r"#{11}", pesel.is_valid, 0.4, r"pesel"),
    _numbering("nl_bsn", r"#########", bsn.is_valid, 0.1, r"\bbsn\b|burgerservice|sofi"),
    _numbering("be_national", r"##\.##\.##-###\.##", nn.is_valid, 0.9, r"rijksregister|national"),
    _numbering("ch_ahv", r"756\.####\.####\.##", ahv.is_valid, 0.95, r"\bahv\b|\bavs\b"),
    _numbering("se_personnummer", r"(?:19|20)?######[-+]####", personnummer.is_valid, 0.75, r"personn"),
    _numbering("dk_cpr", r"######-?####", cpr.is_valid, 0.3, r"\bcpr\b"),
    _numbering("no_fodselsnummer", r"###### ?#####", fodselsnummer.is_valid, 0.6, r"fødsels|personn"),
    _numbering("fi_hetu", r"######[-+A-FU-Y]###[0-9A-Y]", hetu.is_valid, 0.9, r"hetu|henkilö"),
    _numbering("cz_rodne_cislo", r"######/####?", rc.is_valid, 0.8, r"rodné|rodne"),
    _numbering("ro_cnp", r"[1-9]#{12}", cnp.is_valid, 0.6, r"\bcnp\b"),
    _numbering("tr_kimlik", r"[1-9]#{10}", tckimlik.is_valid, 0.45, r"kimlik|t\.?c\.?"),
    _numbering("il_id", r"########-?#", il_idnr.is_valid, 0.1, r"teudat|זהות|israeli"),
    _numbering("in_aadhaar", r"[2-9]###[ -]####[ -]####", aadhaar.is_valid, 0.6, r"aadh?aa?r|uidai"),
    _numbering("in_aadhaar", r"[2-9]#{11,13}", _always, 0.0, r"aadh?aa?r|uidai"),
    _numbering("in_pan", r"@{3}[ABCFGHJLPTabcfghjlpt]@####@", pan.is_valid, 0.7, r"\bpan\b"),
    _numbering("id_nik", r"#{16}", nik.is_valid, 0.3, r"\bnik\b|\bktp\b"),
    _numbering("my_nric", r"######-##-####", nric.is_valid, 0.75, r"mykad|\bic\b|nric"),
    _numbering("th_national", r"[1-8]-####-#####-##-#", pin.is_valid, 0.9, r"บัตร|thai"),
    _numbering("th_national", r"[1-8]#{12}", pin.is_valid, 0.2, r"บัตร|thai"),
    _numbering("pk_cnic", r"[1-7]####-#######-#", cnic.is_valid, 0.85, r"cnic"),
    _numbering("br_cpf", r"###\.###\.###-##", cpf.is_valid, 0.95, r"\bcpf\b"),
    _numbering("br_cpf", r"#{11}", cpf.is_valid, 0.4, r"\bcpf\b"),
    _numbering("cl_rut", r"##?\.###\.###-[0-9Kk]", rut.is_valid, 0.85, r"\brut\b|\brun\b"),
    _numbering("mx_curp", r"@{4}######[HMhm]@{5}[A-Za-z0-9]#", curp.is_valid, 0.95, r"curp"),
    _numbering("ca_sin", r"###[- ]###[- ]###", sin.is_valid, 0.3, r"\bsin\b|social insurance"),
    _numbering("ca_sin", r"#########", sin.is_valid, 0.1, r"\bsin\b|social insurance"),
    _numbering("za_id", r"#{13}", za_idnr.is_valid, 0.4, r"south africa|\bsa id\b|\bid\b"),
)
# fmt: on

_CALLED = (
    r"[ ]?(?:number|num|no\.?|id|#|증|証|번호|号码|號碼|番号)?(?:[ ]?번호|番号)?[ ]?"
    r"(?:is|was|은|는|:|：|=|是|は)?[ ]?(?:for [a-z ]{1,25} )?['\"#(]{0,2}"
)
_NAMED = tuple(
    (name, re.compile(rf"(?:{words}){_CALLED}(?P<number>{body})(?![A-Za-z0-9_])", re.IGNORECASE | re.ASCII))
    for name, words, body in (
        (
            "passport",
            "passport|여권|护照|護照|旅券|パスポート",
            "[A-Z]{0,3}[0-9]{6,9}[A-Z]?|[A-Z][0-9]{3}[A-Z][0-9]{4}",
        ),
        (
            "driving_licence",
            "driv(?:er(?:['’]?s)?|ing)[ -]licen[cs]e|운전면허|驾驶证|駕駛證|驾照|運転免許",
            "(?:DL[: ]?)?(?=[A-Z0-9-]*[0-9]{2})[A-Z0-9](?:-?[A-Z0-9]){4,19}",
        ),
    )
)
"""Numbers without a check digit, found only after the word that names them."""

_KOREAN_LICENCE = alone("[12][0-9]-[0-9]{2}-[0-9]{6}-[0-9]{2}")


def national(reading: Reading) -> Iterator[Found]:
    """Numbers that a state gave to a person."""
    for numbering in NUMBERINGS:
        for match in numbering.pattern.finditer(reading.plain):
            is_said = reading.said_before(match.start(), numbering.words)
            if (is_said or numbering.alone >= 0.5) and numbering.is_valid(match[0]):
                yield Found(
                    "national_id", numbering.name, *match.span(), 0.95 if is_said else numbering.alone
                )
    for name, pattern in _NAMED:
        for match in pattern.finditer(reading.plain):
            yield Found("national_id", name, *match.span("number"), 0.7)
    for match in _KOREAN_LICENCE.finditer(reading.plain):
        yield Found("national_id", "driving_licence", *match.span(), 0.7)
