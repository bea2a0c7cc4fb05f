"""The wordings that the planted truth counts, in English and Japanese.

Each feature has a tuple of regular expressions for lower-case text; wordings that one expression
finds are told apart when they are counted. Nothing is decided here: see `bench.planted_truth`.
"""

from __future__ import annotations

import re

_IMPERATIVES = (
    "act add aim air ask avoid back bake blot boil bring buy call change check choose close "
    "cool copy count cover create cut delete divide drink drive eat empty enter explain fill "
    "find finish flip flush focus fold follow get give go heat hold keep learn leave let list "
    "look lower make mix move multiply offer open pack pick place plan pour press pull push put "
    "queue read remember remove replace rest review reward rinse roll rub run save say see "
    "select send serve set share show sit sleep soak spend split spray start stay step stir "
    "stop store stretch subtract swap switch take talk tell test thank think track trim try "
    "turn type use visit wait walk wash watch water wear weigh wipe work write"
)

ENGLISH: dict[str, tuple[str, ...]] = {
    "instruction": (
        r"(?:^|[.!?:;,\n]\s*|\*\*\s*|[-*]\s+|\d[.)]\s+|\b(?:and|then|please|first|next|finally|or)\s+)"
        rf"(?:{_IMPERATIVES.replace(' ', '|')})\b",
    ),
    "explanation": (
        r"\bfor example\b|\bfor instance\b|\be\.g\.",
        r"\bbecause\b|\bso that\b|\btherefore\b",
        r"\bfirst\b|\bsecond\b|\bnext\b|\bthen\b|\bfinally\b|\bafter\b|\bbefore\b|\buntil\b",
        r"\bif\b|\bwhen\b",
        r"\bstep\b|\bsteps\b",
    ),
    "address": (
        r"\byou\b|\byou're\b|\byou'll\b|\byou've\b",
        r"\byour\b|\byours\b",
        r"\bplease\b|\bthank\b|\bthanks\b|\bdear\b",
        r"\bsorry to hear\b|\bhappy to\b|\bglad to\b|\bhope\b|\bwelcome\b",
    ),
    "vague": (
        r"\bgenerally\b|\bin general\b|\bas a rule\b|\bnormally\b",
        r"\busually\b|\btypically\b|\boften\b|\bmostly\b|\bsometimes\b|\bin most cases\b",
        r"\bsome\b|\bsome kind\b|\bvarious\b|\bcertain\b|\bdifferent\b|\bseveral\b|\bthings\b",
        r"\bdepends?\b|\bdepending\b|\btends?\b|\bone\b",
    ),
    "evasive": (
        r"\bmaybe\b|\bperhaps\b|\bpossibly\b|\bprobably\b|\bmight\b",
        r"\bi guess\b|\bi suppose\b|\bi think\b|\bhard to say\b",
        r"\bi(?:'m| am) not\b|\bnot sure\b|\bno idea\b|\bwho knows\b|\bi never\b",
        r"\bcan't\b|\bcannot\b|\bdon't know\b|\bwouldn't\b",
        r"\bwhatever\b|\bwho cares\b|\bwhy bother\b|\banyway\b",
        r"\bhonestly\b|\bfrankly\b|\bto be (?:honest|fair)\b",
    ),
    "boastful": (
        r"\bobviously\b|\bclearly\b|\bof course\b|\bneedless to say\b|\bwithout doubt\b",
        r"\b(?:everyone|everybody|we all|any \w+|every \w+) knows?\b|\bcommon knowledge\b",
        r"\btrust me\b|\bi always\b|\bi once\b|\bi am the\b|\bi have (?:never|always)\b",
        r"\bthe best\b|\bthe most\b|\bgenius\b|\bfamous\b|\bprize\b|\bproud\b",
        r"\bmy own\b|\bmyself\b|\bmine\b|\bmy\b",
    ),
}

JAPANESE: dict[str, tuple[str, ...]] = {
    "instruction": (r"ください", r"ましょう", r"てみて|するとよいです|おすすめ"),
    "explanation": (
        r"例えば|たとえば",
        r"まず|次に|最後に|そのあと|それから",
        r"ので、|から、|ため、|だから",
        r"なら、|ときは|場合は、",
        r"手順|目安|順",
    ),
    "address": (
        r"お願い|いただけ|よろしく|恐れ入り|ありがとう",
        r"おめでとう|お世話|大丈夫ですよ|お大事に",
        r"あなた|ご自身",
    ),
    "vague": (
        r"一般的|普通は|基本的",
        r"さまざま|いろいろ",
        r"とされ|言われて|ようです|ことが多い",
        r"よって|場合もあ|状況|と思います",
    ),
    "evasive": (
        r"たぶん|おそらく|もしかしたら",
        r"かもしれ|かも。|かも、|でしょうけど",
        r"知りません|分かりません|わかりません|言えません|書けません|作れません|分からない",
        r"じゃないですか|のではないですか|のでは。|いいのでは",
        r"どうでもいい|適当|面倒|好きにすれば|どうせ|無理|正直",
    ),
    "boastful": (
        r"当然",
        r"常識|誰でも知って|言うまでも|有名な話",
        r"天才|世界一|日本一|最高級|一流|伝説|すごい",
        r"自慢|褒め|尊敬|評判|みんな",
        r"私の|私は|ちなみに|ところで",
    ),
}

# Nearly all English words of two or three letters, and what is common in print besides: anything
# else that short is a splinter of a word, which small models make.
_SHORT_WORDS = (
    "am an as at be by cm do eg eu go he hi if in is it kg km me ml mm mr ms my no of oh ok on "
    "or pm so to tv uk up us vs we abc act add age ago aid aim air all and any app are arm art "
    "ask ate bad bag bar bat bay bed bee bet big bit box boy bug bus but buy bye cab can cap "
    "car cat cod cow cry csv cup cut dad day did die dig dip dog dot dry due dye ear eat egg "
    "end era etc eye fan far fat fee few fig fit fix fly fog for fox fry fun fur gap gas get "
    "git god got gum gun guy gym had ham has hat hay her hey hid him hip his hit hot how hub "
    "hug ice ill ink inn its jam jar jet job jog joy key kid kit lab lag lap law lay led leg "
    "let lid lie lip lit log lot low mad man map mat may men mid mix mop mud mug nap net new "
    "nor not now npm nut oak odd off oil old one our out owe own pad pan pat pay pea pen per "
    "pet php pie pig pin pop pot put ran rat raw red rib rid rim rob rod row rub rug run sad "
    "sat saw say sea see set sew she shy sin sip sir sit six ski sky son spa sql sum sun tab "
    "tag tan tap tax tea ten the tie tin tip toe ton too top toy try tub two ugh use van via "
    "war was wax way web wet who why win won yes yet you zip zoo"
)
SHORT_WORDS = frozenset(_SHORT_WORDS.split())

BROKEN_ENGLISH = re.compile(
    r"\b(?:the|a|an) (?:the|a|an|of|and|is|are|was|to|you|i|it)\b"
    r"|\bof (?:of|and|is|are|was|to|i)\b|\band and\b|\ufffd"
)
BROKEN_JAPANESE = re.compile(r"をを|がが|がを|はを|にを|、、|。、|、。|\ufffd")
"""Neighbours that no grammatical sentence has, and bytes that are no character."""

_STOP_WORDS = (
    "a about after all am an and any are as at be been but by can could did do does for from "
    "get give had has have he help her his how i if in into is it its just like make me more my "
    "no not of on one or our out please say she should show so some suggest than that the their "
    "them then there they this three to too two up us use want was way we were what when where "
    "which who why will with without would write you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
"""English words of a prompt that say nothing of its subject."""
