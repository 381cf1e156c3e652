"""The closed classes of English that follow-ups are read by, and a few of Spanish.

Function words and everyday verbs bound a noun phrase; class nouns name the kind of a thing and so
point back to it ("the agreement"). The lists are of general English, and belong to no subject.
"""

from __future__ import annotations

from app.text.terms import STOP_WORDS, term

_MORE_FUNCTION_WORDS = (
    "across ago along already alongside although always among anymore anyway around because "
    "besides beyond cannot could currently despite earlier either else ever every exactly "
    "except first however inside instead later least less like likely maybe mean might must "
    "near neither never next none often one ones onto otherwise ought outside per perhaps "
    "rather really recently second shall simply since sometimes soon still than thing things "
    "third today tomorrow toward towards two unless upon usually versus via vs whatever "
    "whenever whether within without yes yesterday yet me us you i'm it's that's what's who's "
    "where's he's she's they're don't doesn't didn't isn't aren't wasn't weren't can't couldn't "
    "won't wouldn't"
)
_SPANISH_FUNCTION_WORDS = (
    "qué que quién quien quiénes cuándo dónde cómo cuál cuáles cuánto cuánta cuántos cuántas "
    "por para de del la el los las un una unos unas y o en con desde hasta entre sin es son fue "
    "fueron era hay ha han se su sus lo le les al pero más muy este esta esto ese esa eso"
)
FUNCTION_WORDS = STOP_WORDS | frozenset(f"{_MORE_FUNCTION_WORDS} {_SPANISH_FUNCTION_WORDS}".split())

_VERBS = (
    "accept achieve add affect agree allow announce appear apply arrive ask avoid become begin "
    "began begun belong break bring build built buy call came cancel carry catch cause choose "
    "chose come compare complete consider consist contain continue cover create cut decide "
    "define depend describe destroy develop die differ discover divide draw drink drive earn "
    "eat elect employ end enter exist expect expel explain fail fall fell fed feed feel fight "
    "fill find finish fix follow forbid form found gave get give go grow happen hear help hire "
    "hold improve include increase install introduce invent invite join keep kept kill knew "
    "know last launch lay lead learn leave led left let live look lose lost love made make "
    "matter mean measure meet met move need occur offer open operate originate own paid pay "
    "perform play prefer prevent produce promise protect prove provide publish put raise reach "
    "read receive recommend reduce refuse register relate release remain remove renew repair "
    "replace represent require rescue return rise run sail said sat save saw say see seem sell "
    "send serve set settle shape show sign sit sleep sold speak spend spent spread stand start "
    "stay stop store succeed suffer suggest survive swim take talk taught teach tell tend think "
    "threaten took treat try turn understand use visit vote wait walk want warn wear went win "
    "wish won work worry write wrote"
)
VERBS = frozenset(term(verb) for verb in _VERBS.split())
# These end a noun phrase where they follow it: "is the path open".
PREDICATES = frozenset(
    "able alive allowed available bad better big cheap cheaper common dangerous dead different "
    "difficult easy effective expensive famous fast free full good great hard harmful high "
    "important large legal long necessary new old open popular possible rare ready safe similar "
    "slow small strong successful tall true useful valid worth wrong young".split()
)
SUPPORTS = frozenset(
    "do does did don't doesn't didn't can could will would should shall may might must".split()
)
DETERMINERS = frozenset(
    "the a an my our your his her its their this that these those some any each every".split()
)
# What kind of thing something is; "the agreement" and "that plan" point back.
CLASS_NOUNS = frozenset(
    "accord act agency agreement algorithm animal area article artist association author "
    "authority band bank battle bill body book building business case city club code commission "
    "committee company conflict contract convention council country court crisis deal decision "
    "device disease document drug event exhibition festival figure film firm food founder "
    "framework game group illness industry initiative institution instrument island king lake "
    "language law leader library machine manufacturer material measure medicine method ministry "
    "model mountain movie museum nation office operation organisation organization park party "
    "person place plan planet plant player policy president process product programme program "
    "project proposal protocol province queen railway region reform regulation report river "
    "rule scheme school scientist series service show singer site software song species sport "
    "state station story strategy substance system tax team technique temple territory theory "
    "tool town train treaty tree tribe tunnel union unit university vaccine village virus "
    "volcano war writer".split()
)
# "Which of the two": a comparison that leaves out what is compared.
COMPARATIVES = frozenset(
    "better best worse worst cheaper cheapest bigger biggest larger largest smaller smallest "
    "older oldest newer newest faster fastest slower slowest safer safest easier easiest harder "
    "hardest longer longest shorter shortest higher highest lower lowest stronger strongest "
    "heavier lighter warmer colder richer poorer taller".split()
)
PREPOSITIONS = frozenset(
    "in on at by for from of under after before since during to with without between among "
    "until near within outside inside against around en desde para por con durante hasta entre "
    "sin".split()
)
PERSON_TITLES = frozenset(
    "president minister secretary senator judge general king queen pope mr mrs ms dr professor "
    "chancellor governor captain sir".split()
)
