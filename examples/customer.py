"""A customer of the shop: what it wants, how it answers, what it is known to have ordered."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, TypeVar

import wordings
from assistant import Said

ERRANDS = ("status", "send_back", "exchange", "redirect", "cancel")
SECOND_THOUGHTS = {
    "send_back": "exchange",
    "exchange": "send_back",
    "redirect": "cancel",
    "cancel": "redirect",
}
BEFORE_THE_ORDER = {"ask_email", "ask_town", "ask_which_order"}
WISHES = {"goal", "question", "pick", "slot", "colour"}  # what goes with "please"

T = TypeVar("T")


class Dice(random.Random):
    """Chance from `random()` alone, the one method alike in every version of Python."""

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.random() * len(options))]

    def chance(self, share: float) -> bool:
        return self.random() < share

    def some(self, options: Sequence[T], n: int) -> list[T]:
        return sorted(options, key=lambda _: self.random())[:n]


class Customer:
    """Somebody with orders, habits and a way of typing, who may call several times."""

    def __init__(self, dice: Dice, name: str, towns: Sequence[str], stock: Sequence[str]) -> None:
        self.dice, self.name, self.towns = dice, name, towns
        self.town = dice.pick(towns)
        self.email = f"{dice.pick(wordings.NAMES)}{int(dice.random() * 100)}@post.example"
        self.products = dice.some(stock, dice.pick((1, 2, 3)))  # of the last orders
        self.order_count = 1 if len(self.products) == 1 else 4 + int(dice.random() * 6)
        self.tidy = dice.chance(0.5)
        self.typos = dice.pick((0.0, 0.05, 0.15))
        self.restless = dice.pick((0.15, 0.25, 0.35))
        self.temper = dice.pick((0.0, 0.06, 0.12))
        self.likes_texts = dice.pick((0.1, 0.4, 0.7))

    def call(self) -> None:
        """Make up what the next call is about."""
        several = self.order_count > 1
        self.errands = self.dice.some(ERRANDS, self.dice.pick((1, 2, 3, 4, 5)) if several else 1)
        self.errands += ["complain"] * self.dice.chance(0.3)
        if self.dice.chance(0.06):
            self.errands = []  # only a question
        self.recognised = self.dice.chance(0.5)  # logged in before the first word
        self.colours: list[str] = []
        self.slots: list[str] = []
        self.next_errand()

    def next_errand(self) -> str | None:
        self.goal = self.errands.pop(0) if self.errands else None
        self.reason = self.dice.pick(("faulty", "unwanted"))
        return self.goal

    # -- what the data base knows -----------------------------------------------------------------

    def account(self) -> dict[str, Any]:
        return {
            "customer_found": True,
            "town": self.town,
            "order_count": self.order_count,
            "products": self.products,
        }

    def order(self) -> dict[str, Any]:
        """The order the errand is about; it fits the errand, though it may be an old one."""
        chances = {"redirect": 1.0, "cancel": 1.0, "status": 0.5}
        if self.dice.chance(chances.get(str(self.goal), 0.0)):  # not yet there
            self.slots = self.dice.some(wordings.SLOTS, 3)
            return {"status": "on its way", "slots": self.slots}
        days = int(self.dice.random() * 20) + (50 if self.dice.chance(0.25) else 1)
        self.colours = self.dice.some(wordings.COLOURS, self.dice.pick((2, 3)))
        return {"status": "delivered", "days_since_delivery": days, "colours": self.colours}

    # -- what it does -----------------------------------------------------------------------------

    def opening(self) -> Said:
        hello = {"hello": ""} if self.dice.chance(0.5) else {}
        if self.goal is None:
            return hello | self.question()
        return hello if hello and self.dice.chance(0.25) else hello | self.state_goal()

    def reply(self, asked: Sequence[str], silence: bool) -> Said:
        """An answer to what was `asked`, perhaps a while ago, or something else first."""
        at_the_end = "ask_anything_else" in asked
        restless = self.restless * 0.4 if at_the_end else self.restless
        if self.dice.chance(0.6 if silence else restless):
            return self.digress(asked, silence)
        angry = {"angry": ""} if self.dice.chance(self.temper) else {}
        return angry | self.answer(asked)

    def digress(self, asked: Sequence[str], silence: bool) -> Said:
        wait = {"wait": ""}
        if silence:
            return self.dice.pick(({"back": ""}, {"back": ""}, wait, self.question()))
        if self.goal in SECOND_THOUGHTS and BEFORE_THE_ORDER & set(asked) and self.dice.chance(0.3):
            self.goal = SECOND_THOUGHTS[self.goal]
            return {"turn_round": "", "goal": self.goal}
        if self.goal and "ask_anything_else" not in asked and self.dice.chance(0.03):
            self.goal = None
            return {"never_mind": ""}
        return self.dice.pick((wait, self.question(), self.question()))

    def question(self) -> Said:
        return {"question": self.dice.pick(list(wordings.ANSWERS))}

    def state_goal(self) -> Said:
        """The errand, and perhaps, long before it matters, the rest of the story."""
        goal, chance = str(self.goal), self.dice.chance
        said = {"goal": goal}
        if goal == "send_back" and chance(0.5):
            said[self.reason] = ""
        if goal in ("send_back", "cancel") and chance(0.5):
            said["gift"] = ""
        if self.recognised and self.order_count > 1 and goal != "complain" and chance(0.5):
            said["product"] = self.dice.pick(self.products)
        if goal not in ("status", "complain") and chance(self.likes_texts):
            said["by_text"] = ""
        return said

    def answer(self, asked: Sequence[str]) -> Said:
        match asked[0]:
            case "ask_goal":
                return self.state_goal() if self.goal or self.next_errand() else {"never_mind": ""}
            case "ask_email":
                wrong = f"{self.dice.pick(wordings.NAMES)}@old.example"
                return {"email": self.right_or_wrong(0.2, self.email, wrong)}
            case "ask_town":
                wrong = self.dice.pick([town for town in self.towns if town != self.town])
                return {"town": self.right_or_wrong(0.3, self.town, wrong)}
            case "ask_which_order":
                return self.choose_order()
            case "ask_reason":
                return {self.reason: ""}
            case "ask_confirm":
                return {self.right_or_wrong(0.3, "yes", "no"): ""}
            case "confirm_address":
                and_time = len(asked) > 1 and self.dice.chance(0.5)
                return self.address() | (self.choose_option() if and_time else {})
            case "offer_options":
                return self.choose_option()
            case _:  # ask_anything_else
                if not self.next_errand():
                    return {"no": ""}
                return {"yes": ""} | (self.state_goal() if self.dice.chance(0.7) else {})

    def choose_order(self) -> Said:
        if self.dice.chance(0.5):
            return self.ordinal()
        return {"product": self.dice.pick(self.products)}

    def choose_option(self) -> Said:
        if self.dice.chance(0.5):
            return self.ordinal()
        if self.goal == "redirect":
            return {"slot": self.dice.pick(self.slots)}
        return {"colour": self.dice.pick(self.colours)}

    def address(self) -> Said:
        if self.dice.chance(0.65):
            return {"yes": ""}
        street = f"{1 + int(self.dice.random() * 80)} {self.dice.pick(wordings.STREETS)}"
        return {"no": "", "address": f"{street}, {self.dice.pick(self.towns)}"}

    def ordinal(self) -> Said:
        return {"pick": self.dice.pick(wordings.ORDINALS)}

    def right_or_wrong(self, share: float, right: str, wrong: str) -> str:
        return wrong if self.dice.chance(share) else right

    # -- how it says it ---------------------------------------------------------------------------

    def words(self, said: Said) -> str:
        """What was done, in this customer's words."""
        parts = [self.part(act, value) for act, value in said.items()]
        if self.dice.chance(0.2) and not {"hello", "turn_round"} & said.keys():
            parts.insert(0, self.dice.pick(wordings.FILLERS))
        if self.dice.chance(0.2) and WISHES & said.keys():
            parts.append(self.dice.pick(wordings.POLITE))
        text = ", ".join(parts).replace(",,", ",").replace("?,", "?")
        text = " ".join(self.typed(word) for word in text.split())
        if not self.tidy:
            return text.lower()
        return text[0].upper() + text[1:] + ("" if text.endswith("?") else ".")

    def part(self, act: str, value: str) -> str:
        sayings = wordings.GOALS[value] if act == "goal" else wordings.SAYS[act]
        return self.dice.pick(sayings).format(value)

    def typed(self, word: str) -> str:
        bare = word.strip(",.?")
        wrong = wordings.MISSPELT.get(bare)
        return word.replace(bare, wrong) if wrong and self.dice.chance(self.typos) else word
