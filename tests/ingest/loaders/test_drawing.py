from __future__ import annotations

from lxml import etree

from ingest.limits import Limits
from ingest.loaders.office.drawing import chart_lines, diagram_texts, paragraphs

_SPACES = " ".join(
    f"xmlns:{prefix}='http://schemas.openxmlformats.org/drawingml/2006/{name}'"
    for prefix, name in (("a", "main"), ("c", "chart"), ("dgm", "diagram"))
)


def element(xml: str) -> etree._Element:
    name, _, rest = xml.partition(">")
    return etree.fromstring(f"{name} {_SPACES}>{rest}")


def test_the_texts_of_a_diagram_s_boxes_are_read() -> None:
    def point(kind: str, text: str) -> str:
        inner = f"<dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t>"
        return f"<dgm:pt type='{kind}'>{inner}</dgm:pt>"

    points = point("doc", "No") + point("node", "Plan") + point("pres", "No") + point("asst", "Do")
    data = element(f"<dgm:dataModel><dgm:ptLst>{points}</dgm:ptLst></dgm:dataModel>")
    assert diagram_texts(data) == ["Plan", "Do"]


def test_a_chart_of_points_pairs_both_coordinates() -> None:
    def values(name: str, *numbers: str) -> str:
        points = "".join(
            f"<c:pt idx='{at}'><c:v>{number}</c:v></c:pt>" for at, number in enumerate(numbers)
        )
        return f"<c:{name}><c:numRef><c:numCache>{points}</c:numCache></c:numRef></c:{name}>"

    series = f"<c:ser><c:tx><c:v>Speed</c:v></c:tx>{values('xVal', '1', '2')}"
    series += f"{values('yVal', '0.5', 'x')}</c:ser>"
    chart = element(f"<c:chartSpace><c:chart>{series}</c:chart></c:chartSpace>")
    assert chart_lines(chart, Limits()) == ["1; Speed: 0.5", "2; Speed: x"]


def test_numbered_paragraphs_begin_anew_below_another_and_bullets_are_told() -> None:
    def line(text: str, level: int, mark: str) -> str:
        return f"<a:p><a:pPr lvl='{level}'>{mark}</a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>"

    number, letter = "<a:buAutoNum type='arabicPeriod'/>", "<a:buAutoNum type='alphaUcParenBoth'/>"
    body = element(
        "<a:txBody>"
        + line("a", 0, number)
        + line("b", 1, letter)
        + line("c", 1, letter)
        + line("d", 0, number)
        + line("e", 1, letter)
        + line("f", 0, "<a:buChar char='•'/>")
        + line("g", 0, "<a:buNone/>")
        + "<a:p><a:r><a:t>h</a:t></a:r></a:p><a:p/></a:txBody>"
    )
    assert [tuple(found) for found in paragraphs(body)] == [
        ("a", "1."),
        ("b", "(A)"),
        ("c", "(B)"),
        ("d", "2."),
        ("e", "(A)"),
        ("f", "-"),
        ("g", ""),
        ("h", None),
    ]
