"""The phrase tables of the example: how customers say things, and how the desk answers.

A customer's line is put together from the wordings of what it does: `{"yes": "", "pick": "second"}`
may become "Yes please, the second one.". What a short line such as "yes" is about comes from the
dialogue before it, never from this file.
"""

from __future__ import annotations

# fmt: off
GOALS = {
    "status": (
        "where is my parcel?", "has my order been sent yet?", "I'd like to know where my order is",
        "can you see when my things will arrive?", "any news of my order?",
        "my parcel still isn't here",
    ),
    "send_back": (
        "I want to send something back", "I'd like to return an item for a refund",
        "can I get my money back for something I bought?", "how do I return a thing?",
        "I need a refund for one of my purchases",
        "I don't want to keep what I ordered, money back",
    ),
    "exchange": (
        "I'd like to swap an item for another colour", "can you send me a new one instead?",
        "I want to exchange something", "could I have it replaced?",
        "I need a different colour of the same thing", "can we swap it for a new one?",
    ),
    "redirect": (
        "I need my delivery on another day", "can you change when my parcel comes?",
        "I won't be home for the delivery, can we move it?", "I'd like to rearrange my delivery",
        "please deliver it at a better time", "the delivery date doesn't suit me",
    ),
    "cancel": (
        "I want to cancel my order", "please stop my order", "can I still cancel what I bought?",
        "I ordered by mistake, cancel it", "I'd like to call off an order",
        "I changed my mind about the whole order, stop it",
    ),
    "complain": (
        "I want to make a complaint", "I need to speak to a person", "let me talk to a manager",
        "I'm not happy with how I was treated and want to complain",
        "can a real human call me about this?",
    ),
}

SAYS = {
    "hello": ("hi", "hello", "hello there", "good morning", "hey", "hi there"),
    "email": ("it's {}", "{}", "my email is {}", "{} I think", "try {}", "should be under {}"),
    "town": ("{}", "it's {}", "{} I think", "that would be {}", "in {}", "we live in {}"),
    "product": (
        "the one with the {}", "the order with the {} in it", "it's about the {}", "I mean the {}",
        "it's the one with the {}",
    ),
    "pick": ("the {} one", "the {}", "{} one", "I'd say the {} one", "the {} one sounds right"),
    "colour": ("the {} one", "{}", "make it {}", "{} would be lovely", "in {}"),
    "slot": ("{}", "{} suits me", "could you do {}", "I'd take {}"),
    "address": ("{}", "it's {} now", "the new one is {}", "{} is where I live these days"),
    "yes": (
        "yes", "yep", "yes please", "sure", "yeah go on", "yes that's fine", "please do",
        "of course",
    ),
    "no": ("no", "nope", "no thanks", "not really", "I'd rather not", "no no"),
    "faulty": (
        "it arrived broken", "it doesn't work", "there's a crack in it",
        "it fell apart after a day", "it's damaged", "a part is missing",
        "it was smashed when I opened the box",
    ),
    "unwanted": (
        "I just don't like it", "it's too big for the room", "it looks different from the picture",
        "it doesn't go with my curtains", "I bought two by accident", "it's smaller than I thought",
        "wrong shade for us",
    ),
    "gift": (
        "it was a present", "I got it as a gift", "by the way it was given to me",
        "it was a birthday gift",
    ),
    "by_text": (
        "text me when it's done", "send me a text about it, I never read email",
        "I'd like a text once it's sorted", "and let me know by text",
    ),
    "angry": (
        "this is ridiculous", "I'm really fed up with this", "what a terrible service",
        "honestly this is a joke", "I've had enough of your shop", "this is taking forever",
    ),
    "wait": (
        "one moment", "hang on", "just a second, someone's at the door", "let me look",
        "bear with me", "hold on, the baby is crying", "wait, I need my glasses",
    ),
    "back": (
        "where were we?", "sorry, what did you ask?", "ok I'm back", "right, go on",
        "can you say that again?", "what was the question?", "ok good to know, so?",
    ),
    "question": ("{}",),
    "turn_round": (
        "actually, scrap that,", "hm, wait, I've thought about it,", "no sorry, something else,",
        "on second thoughts,",
    ),
    "thanks": ("thanks", "thank you very much", "good, I'll wait", "ok, thanks for your help"),
    "never_mind": ("forget it", "oh leave it then", "never mind", "you know what, drop it"),
}

FILLERS = ("erm,", "well,", "ok,", "so,", "right,", "ah,")
POLITE = ("please", "thanks", "if that's ok", "if possible", "cheers", "thank you")
MISSPELT = {
    "order": "oder", "parcel": "parcell", "delivery": "delivary", "return": "retrun",
    "refund": "refudn", "second": "secnd", "first": "frist", "please": "pls", "colour": "color",
    "cancel": "cancle", "yes": "yess", "email": "e-mail", "money": "mony", "question": "qestion",
    "broken": "brocken", "thanks": "thx",
}

COLOURS = ("red", "blue", "green", "grey", "black", "white", "yellow")
SLOTS = (
    "Saturday morning", "Friday evening", "Tuesday at nine", "Monday afternoon",
    "Thursday after six",
)
ORDINALS = ("first", "second", "last")
STREETS = ("Mill Lane", "Church Road", "Station Street", "Park View", "Quarry Hill")
NAMES = (
    "jo", "sam", "priya", "lena", "omar", "kit", "ada", "tom", "mei", "finn", "rosa", "ivo", "nell",
    "amir",
)

# The shop grows: what is NEW occurs in test.jsonl alone.
TOWNS = (
    "Leeds", "Bath", "York", "Derby", "Truro", "Exeter", "Lincoln", "Kendal", "Oban", "Ripon",
    "Wells", "Bude", "Durham", "Selby", "Poole", "Dover", "Hove", "Luton", "Crewe", "Rugby",
    "Stoke", "Ely", "Diss", "Cromer", "Fowey", "Bangor", "Conwy", "Tenby", "Barry", "Cardiff",
    "Elgin", "Nairn", "Wick", "Ayr", "Largs", "Alloa",
)
NEW_TOWNS = (
    "Whitby", "Ludlow", "Perth", "Hexham", "Frome", "Stroud", "Malton", "Thirsk", "Skipton",
    "Otley", "Battle", "Rye",
)
PRODUCTS = (
    "oak stool", "desk lamp", "wool rug", "tea set", "mirror", "linen curtain", "bread bin",
    "wall clock", "armchair", "bath mat", "candle holder", "plant pot", "coat rack", "bookcase",
    "cushion", "throw", "kettle", "egg timer", "butter dish", "salad bowl", "apron",
    "chopping board", "fire screen", "log basket", "door mat", "shoe rack", "vase", "picture frame",
    "tray", "pillow case", "quilt", "bedside table",
)
NEW_PRODUCTS = (
    "teak bench", "cork board", "pendant lamp", "spice rack", "hammock", "duvet", "jug",
    "napkin ring", "toast rack", "umbrella stand",
)
# fmt: on

ANSWERS = {
    "when are you open?": "From eight to eight.",
    "do you ship to Ireland?": "We do, for nine euros.",
    "are you a robot?": "I am a program.",
    "do you have a shop I can visit?": "Only this one, online.",
    "how long do you keep my data?": "For two years.",
    "do you sell gift wrap?": "We do, in green.",
    "is there a student discount?": "There is, of ten per cent.",
    "what do you charge for delivery?": "Four pounds.",
}

DESK = {
    "greet": "Hello, this is Wren & Oak.",
    "ask_goal": "What can I do for you?",
    "ask_email": "Which email is the account under?",
    "look_up_customer": "Let me find your account.",
    "ask_town": "To be safe: which town do we deliver to?",
    "ask_which_order": "Which order, {products}?",
    "look_up_order": "Let me look at the order.",
    "tell_status": "The order is {status}.",
    "ask_reason": "What is wrong with it?",
    "apologise": "I am sorry about that.",
    "promise_text": "You'll get a text when it is done.",
    "ask_confirm": "Shall I go ahead?",
    "say_not_possible": "I'm afraid that is not possible.",
    "offer_options": "There is {options}.",
    "confirm_address": "Is the address still right?",
    "send_label": "A return label is on its way.",
    "send_replacement": "A new one leaves today.",
    "refund_card": "The money goes to your card.",
    "refund_gift_card": "The money goes to a gift card.",
    "book_slot": "The delivery is booked.",
    "cancel_order": "The order is cancelled.",
    "note_gift": "A gift, I see.",
    "send_text": "The text is sent.",
    "answer_question": "{answer}",
    "open_ticket": "A colleague will look into it.",
    "hand_over": "I'll pass you to a colleague.",
    "ask_anything_else": "Anything else?",
    "say_goodbye": "Goodbye!",
}
