"""A small made-up archive: what the tests of choosing, cutting and abstaining ask about."""

_COPY = (
    "Opening hours of the harbour office: from eight to noon on every working day. "
    "Outside these hours the watchman takes parcels.\n"
)
_FILLER = "The {} was painted, and the gulls took no notice of it at all.\n"

FILES: dict[str, str | bytes] = {
    "lighthouse.md": (
        "# The lighthouse of Tarn Point\n\n"
        "Ada Merrow designed the lighthouse of Tarn Point. It was lit for the first time in March "
        "1874. The tower cost 12,400 crowns.\n\n"
        "Seals sleep on the rocks below it in summer.\n"
    ),
    "ferry.md": (
        "# The ferry to Hollin\n\n"
        "Three reasons led the council to close the ferry to Hollin. First, the boats leaked. "
        "Second, the pilots had grown old. Third, nobody paid the fare. "
        "The boats were sold to a circus in May.\n"
    ),
    "skippers.md": (
        "# Rules for skippers\n\n"
        "Before leaving port every skipper must check the following:\n\n"
        "- the bilge pump and its hose\n"
        "- the signal lamps\n"
        "- the weather board at the pier\n\n"
        "Fines are paid at the gate.\n"
    ),
    "dues.md": (
        "# Harbour dues\n\n"
        "| Vessel | Fee in crowns | Longest stay |\n|---|---|---|\n"
        "| Barge | 35 | nine days |\n| Trawler | 58 | six days |\n| Yacht | 71 | two days |\n"
    ),
    "north-mill.md": (
        "# The north mill\n\nThe north mill is driven by wind. "
        "It grinds rye for the islands. The miller keeps eleven cats.\n"
    ),
    "south-mill.md": (
        "# The south mill\n\nThe south mill is driven by the tide. "
        "It grinds oats for the horses. The miller plays the horn.\n"
    ),
    "faro.md": (
        "# El faro de Punta Brava\n\n"
        "El faro de Punta Brava se encendió por primera vez en 1902. "
        "Lo construyeron dos hermanos con piedra de la isla.\n"
    ),
    "office.txt": _COPY,
    **{f"copies/office-{at}.txt": _COPY for at in range(20)},
    **{
        f"diary/{at:02}.txt": _FILLER.format(thing)
        for at, thing in enumerate("bench gate hut rail door sign mast shed oar crane".split())
    },
}
