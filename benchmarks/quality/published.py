"""What others report on the same splits, with where they report it."""

_HCN = "Williams, Asadi, Zweig 2017 (HCN)"

PUBLISHED: dict[tuple[str, str], tuple[str, ...]] = {
    ("babi5", "OOV"): (
        f"turns: {_HCN} 1.000",
        "Bordes, Boureau, Weston 2017 (memory network) 0.777",
    ),
    ("babi6", "test"): (
        f"text: {_HCN} 0.556",
        "DeepPavlov go_bot 0.553, on other splits, so not comparable",
        "Seo, Min, Farhadi, Hajishirzi 2017 (QRN) 0.511",
        "Liu, Perez 2017 (GMemN2N) 0.487",
        "Eric, Manning 2017 0.480",
        "Bordes, Boureau, Weston 2017 0.411",
    ),
    ("multiwoz", "test"): (
        "exact: Vlasov, Mosig, Nichol 2019 (TED), text 0.23",
        "micro-F1 with gold intents 0.54",
    ),
    ("multiwoz-status", "test"): (
        "exact: Vlasov, Mosig, Nichol 2019 (TED), text 0.32",
        "micro-F1 with gold intents 0.64",
    ),
}
