import time

import pytest

from pipeline.records import EntityType
from tests.entities.marked import grouped


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        # acronyms: by initials, by brackets in both orders, with small letters, with and without legal form
        ("[International Monetary Fund] [IMF]", "International Monetary Fund+IMF"),
        ("[IMF] ([International Monetary Fund])", "IMF+International Monetary Fund"),
        ("[Justice and Development Party] ([AKP]) [AKP]", "Justice and Development Party+AKP+AKP"),
        ("[University of Alabama at Birmingham] ([UAB])", "University of Alabama at Birmingham+UAB"),
        ("[Acme Mining] ([Basle])", "Acme Mining|Basle"),
        ("[Bank of Ruritania] [BoR]", "Bank of Ruritania+BoR"),
        ("[Halvorsen Marine] and [Halvorsen Marine Inc] or [HMI]", "Halvorsen Marine+Halvorsen Marine Inc+HMI"),
        ("[Trans World Airlines Inc] [TWA]", "Trans World Airlines Inc+TWA"),
        ("[Standard & Poor's] [S&P]", "Standard & Poor's+S&P"),
        ("[Department of Transportation] [DOT]", "Department of Transportation+DOT"),
        ("[TASS] [UNESCO]", "TASS|UNESCO"),
        # known beforehand
        ("[UN] and the [United Nations]", "UN+United Nations"),
        ("[Federal Reserve] [Fed]", "Federal Reserve+Fed"),
        ("[G-7] [Group of Seven]", "G-7+Group of Seven"),
        # legal forms, two orders
        ("[General Motors Corp] [General Motors] [GM]", "General Motors Corp+General Motors+GM"),
        ("[Ministry of Finance] [Finance Ministry]", "Ministry of Finance+Finance Ministry"),
        ("[University of Oxford] [Oxford University]", "University of Oxford+Oxford University"),
        # spaces, hyphens, the Arabic article
        (
            "[JPMorgan] [J.P. Morgan] [Wal-Mart Stores] [Walmart Stores]",
            "JPMorgan+J.P. Morgan|Wal-Mart Stores+Walmart Stores",
        ),
        ("[al-Shabaab] [Al Shabaab] [Shabaab]", "al-Shabaab+Al Shabaab+Shabaab"),
        # the first words
        ("[Tidewater Dredging Co] [Tidewater]", "Tidewater Dredging Co+Tidewater"),
        ("[Castellane] and [Castellane Hotels Ltd]", "Castellane+Castellane Hotels Ltd"),
        ("[Dixons Group PLC] [Dixon] [Dixons]", "Dixons Group PLC+Dixon+Dixons"),
        ("[Seligmann Harris and Co] [Seligman]", "Seligmann Harris and Co+Seligman"),
        ("[Fried, Frank, Harris and Jacobson] [Fried, Frank]", "Fried, Frank, Harris and Jacobson+Fried, Frank"),
        # a word that many names share, a subsidiary, another's first word
        ("[National Steel Corp] [National]", "National Steel Corp|National"),
        ("[Halvorsen Canada Ltd] [Halvorsen]", "Halvorsen Canada Ltd|Halvorsen"),
        (
            "[Toyota Motor Corp] [Toyota] [Toyota Boshoku Corp] [Toyota]",
            "Toyota Motor Corp+Toyota+Toyota|Toyota Boshoku Corp",
        ),
        ("[Boeing Co] [Boeing Commercial Airplane Co] [Boeing]", "Boeing Co+Boeing|Boeing Commercial Airplane Co"),
        (
            "[Ford Motor Co] [Ford Motor Credit Co] [Ford Credit] [Ford]",
            "Ford Motor Co+Ford|Ford Motor Credit Co+Ford Credit",
        ),
        ("[Chicago Mercantile Exchange] [Chicago]", "Chicago Mercantile Exchange|Chicago"),
        ("[Asian Development Bank] [Asian Development Fund]", "Asian Development Bank|Asian Development Fund"),
        ("[National Gallery] [National Gallery of Ireland]", "National Gallery|National Gallery of Ireland"),
        ("[Reserve Bank of Utopia] [Reserve Bank]", "Reserve Bank of Utopia+Reserve Bank"),
        # without what says whose
        ("[Red Cross] [American Red Cross]", "Red Cross+American Red Cross"),
        ("[Alabama National Guard] [Guard]", "Alabama National Guard+Guard"),
        ("[Boston Red Sox] [Red Sox] [New York Yankees] [Yankees]", "Boston Red Sox+Red Sox|New York Yankees+Yankees"),
        (
            "[Russian Foreign Ministry] [Foreign Ministry] [Syrian Foreign Ministry] [Foreign Ministry]",
            "Russian Foreign Ministry+Foreign Ministry|Syrian Foreign Ministry+Foreign Ministry",
        ),
        ("[J. Paul Getty Museum] [Getty]", "J. Paul Getty Museum+Getty"),
        ("[House of Representatives] [House] [House]", "House of Representatives+House+House"),
        ("[House] [House of Representatives]", "House|House of Representatives"),
        ("[Security Council] [Council]", "Security Council+Council"),
        ("[Bank of Japan] [European Central Bank] [Bank]", "Bank of Japan|European Central Bank|Bank"),
        # what is known by itself is not what has its name
        ("[NATO] [NATO Response Force]", "NATO|NATO Response Force"),
        ("[New York Fed] [Fed] [Federal Reserve]", "New York Fed|Fed+Federal Reserve"),
        ("[Reuters Holdings Plc] [Reuters]", "Reuters Holdings Plc+Reuters"),
        ("[World Health Organization] [Who]", "World Health Organization|Who"),
        ("[Security Council] [Privy Council] [Council]", "Security Council|Privy Council|Council"),
        ("[Fried Harris Inc] [Frank Harris Inc] [Harris]", "Fried Harris Inc|Frank Harris Inc|Harris"),
        # one letter wrong
        (
            "[Securities and Exchange Commisssion] [Securities and Exchange Commission]",
            "Securities and Exchange Commisssion+Securities and Exchange Commission",
        ),
        (
            "[World Health Organisation] [World Health Organization]",
            "World Health Organisation+World Health Organization",
        ),
        ("[Sanyo] [Sanko]", "Sanyo|Sanko"),
    ],
)
def test_organisations(marked: str, expected: str) -> None:
    assert grouped(marked, "ORGANISATION") == expected


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[United States] [U.S.] [US] [USA]", "United States+U.S.+US+USA"),
        ("[Britain] [UK] [England]", "Britain+UK|England"),
        ("[Burma] [Myanmar] [Peking] [Beijing]", "Burma+Myanmar|Peking+Beijing"),
        ("[North Korea] [South Korea] [Korea]", "North Korea|South Korea|Korea"),
        ("[Gambia] [Zambia]", "Gambia|Zambia"),
        ("[Kathmandu] [Katmandu]", "Kathmandu|Katmandu"),
        ("[St. Moritz] [Saint Moritz] [Mt Fuji] [Mount Fuji]", "St. Moritz+Saint Moritz|Mt Fuji+Mount Fuji"),
        ("[Mount Everest] [Everest]", "Mount Everest+Everest"),
        ("[Heathrow Airport] [Heathrow]", "Heathrow Airport+Heathrow"),
        ("[London] [London Bridge] [Moscow River] [Moscow]", "London|London Bridge|Moscow River|Moscow"),
        ("[Gulf of Mexico] [Gulf] [Caspian Sea] [Caspian]", "Gulf of Mexico+Gulf|Caspian Sea+Caspian"),
        ("[New York City] [New York] [America] [United States]", "New York City+New York|America+United States"),
        ("[Jefferson County] [Jefferson]", "Jefferson County|Jefferson"),
        # two places of one name
        ("[Birmingham], Alabama, and [Birmingham], England", "Birmingham|Birmingham"),
        ("[Paris], Texas, is quiet. [Paris] sleeps.", "Paris+Paris"),
        ("[Paris] is loud. [Paris], Texas, is not, and [Paris] knows.", "Paris|Paris+Paris"),
        ("[Cleveland] won. [Cleveland], Ohio", "Cleveland+Cleveland"),
        ("[Birmingham] won. [Birmingham], England", "Birmingham+Birmingham"),
        ("[Atlanta] won. [Atlanta], Georgia", "Atlanta+Atlanta"),
        ("[London], [New York] and [London]", "London+London|New York"),
        ("[Springfield], Illinois, [Springfield], Ill.", "Springfield+Springfield"),
    ],
)
def test_places(marked: str, expected: str) -> None:
    assert grouped(marked, "PLACE") == expected


def test_a_headline_means_the_place_that_the_body_explains() -> None:
    assert grouped("[Birmingham], Alabama, flooded", "PLACE", headline="[Birmingham] floods") == "Birmingham+Birmingham"


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        ("[Russian] [Russians] [Syrian]", "Russian+Russians|Syrian"),
        ("[British] [Britons] [English]", "British+Britons|English"),
        ("[Swiss] [Chinese] [Dutch] [Dutchman]", "Swiss|Chinese|Dutch+Dutchman"),
        ("[Tropical Storm Odell] [Odell]", "Tropical Storm Odell+Odell"),
        ("[Nikkei 225] [Nikkei]", "Nikkei 225+Nikkei"),
        (
            "[Asian Table Tennis Championships] [Asian Championships]",
            "Asian Table Tennis Championships+Asian Championships",
        ),
        ("[World Championships] [World Team Cup]", "World Championships|World Team Cup"),
        ("[Dow Jones Industrial Average] [Dow] [Dow Jones]", "Dow Jones Industrial Average+Dow+Dow Jones"),
        ("[Jewish] [Jews] [Tory] [Tories]", "Jewish+Jews|Tory+Tories"),
        ("[Russian Revolution] [Russian]", "Russian Revolution|Russian"),
        ("[PARIS ACCORD] [Paris accord]", "PARIS ACCORD+Paris accord"),
    ],
)
def test_other_names(marked: str, expected: str) -> None:
    assert grouped(marked, "OTHER") == expected


@pytest.mark.parametrize("kind", ["ORGANISATION", "PLACE", "OTHER"])
def test_thousands_of_names_take_no_quadratic_time(kind: EntityType) -> None:
    for names in (
        ["Acme"] * 10_000,
        [f"Acme{chr(97 + i % 26)}{i} Works" for i in range(5_000)],
        ["Acme Works", "Acme"] * 5_000,
    ):
        marked = " ".join(f"[{name}]" for name in names)
        started = time.process_time()
        grouped(marked, kind)
        assert time.process_time() - started < 3
