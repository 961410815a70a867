"""The desk of a small online shop, as rules: what it does at a turn, given all it has heard so far.

The rules are slot filling. `hear` writes down what the customer said; `step` asks for the first
thing that is still missing, or does the job. A policy sees only words, features and actions, and
has to learn to remember what this clerk writes down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TALK = ("greet", "ask_goal", "answer_question", "apologise", "note_gift", "promise_text")
CLOSE = ("ask_anything_else", "open_ticket", "say_goodbye")
IDENTIFY = ("ask_email", "look_up_customer")
FIND = ("ask_town", "ask_which_order", "look_up_order", "hand_over")

Said = dict[str, str]
"""What a customer did at a turn, such as `{"yes": "", "pick": "second"}`; empty if silent."""


@dataclass
class Task:
    """One errand of the customer; what is None is still to be asked."""

    goal: str | None = None
    order_chosen: bool = False
    order: dict[str, Any] | None = None
    reason: str | None = None
    option: str | None = None
    address: str | None = None
    agreed: bool | None = None
    gift: bool = False
    by_text: bool = False


@dataclass
class Assistant:
    """A clerk with a perfect memory."""

    customer: dict[str, Any] | None = None
    verified: bool = False
    email: str | None = None
    task: Task = field(default_factory=Task)
    asked: tuple[str, ...] = ()
    wants_more: bool | None = True
    failures: int = 0
    anger: int = 0
    greeted: bool = False
    over: bool = False

    def act(self, said: Said) -> list[str]:
        """The actions at one turn, the customer's or one after the answer of a look-up."""
        if self.over or "wait" in said:
            return []  # a colleague has taken over, or the customer wants a moment
        self.hear(said)
        actions = self.manners(said) + self.decide(said)
        questions = tuple(a for a in actions if a.startswith(("ask_", "confirm_", "offer_")))
        self.asked = questions or self.asked
        return actions

    def allowed(self) -> list[str] | None:
        """What may happen with what is known before the customer speaks; None: anything."""
        if self.customer is None:
            return [*TALK, *CLOSE, *IDENTIFY]
        return [*TALK, *CLOSE, *FIND] if self.task.order is None else None

    # -- listening --------------------------------------------------------------------------------

    def hear(self, said: Said) -> None:
        task = self.task
        task.goal = said.get("goal", task.goal)
        task.gift |= "gift" in said
        task.by_text |= "by_text" in said
        task.address = said.get("address", task.address)
        task.reason = next((why for why in ("faulty", "unwanted") if why in said), task.reason)
        self.email = said.get("email", self.email)
        self.anger += "angry" in said
        if "never_mind" in said:
            self.forget_task()
        if "town" in said and self.customer:
            self.verified = said["town"] == self.customer["town"]
            self.failures += not self.verified
        if "yes" in said or "no" in said:
            self.hear_yes_or_no("yes" in said)
        self.hear_choice(said)

    def hear_yes_or_no(self, yes: bool) -> None:
        """What the answer is about depends on what was asked, perhaps several turns ago."""
        if "confirm_address" in self.asked and yes:
            self.task.address = "as before"
        elif "ask_confirm" in self.asked:
            self.task.agreed = yes
        elif "ask_anything_else" in self.asked:
            self.wants_more = yes

    def hear_choice(self, said: Said) -> None:
        """Which order, colour or time is meant by, say, "the second one"."""
        order = self.task.order
        if order is None and self.customer:
            picked = "pick" in said and "ask_which_order" in self.asked
            self.task.order_chosen |= picked or "product" in said
        elif order and "offer_options" in self.asked:
            choices = (said[act] for act in ("pick", "slot", "colour") if act in said)
            self.task.option = next(choices, self.task.option)

    # -- deciding ---------------------------------------------------------------------------------

    def manners(self, said: Said) -> list[str]:
        actions = [] if self.greeted else ["greet"]
        self.greeted = True
        replies = {"angry": "apologise", "gift": "note_gift", "by_text": "promise_text"}
        return actions + [reply for act, reply in replies.items() if act in said]

    def decide(self, said: Said) -> list[str]:
        if self.failures > 1:
            return self.hand_over()
        if "question" in said and self.task.goal:
            return ["answer_question"]
        if "question" in said:
            self.wants_more = None
            return ["answer_question", "ask_anything_else"]
        return self.step()

    def step(self) -> list[str]:
        """The next thing to do, whatever was said last: a digression ends where it began."""
        task = self.task
        if task.goal is None:
            return self.between_tasks()
        if self.customer is None:
            return ["look_up_customer"] if self.email else ["ask_email"]
        if not self.verified:
            return ["ask_town"]
        if task.goal == "complain":
            return self.hand_over()
        if task.order is None:
            unclear = self.customer["order_count"] > 1 and not task.order_chosen
            return ["ask_which_order"] if unclear else ["look_up_order"]
        if task.goal in ("send_back", "exchange") and task.order["days_since_delivery"] > 30:
            return self.finish("say_not_possible")
        work = {
            "status": self.status,
            "send_back": self.send_back,
            "exchange": self.exchange,
            "redirect": self.redirect,
            "cancel": self.cancel,
        }
        return work[task.goal](task)

    def between_tasks(self) -> list[str]:
        if self.wants_more is None:
            return ["ask_anything_else"]
        if self.wants_more:
            return ["ask_goal"]
        self.over = True
        follow_up = ["open_ticket"] if self.anger else []  # however long ago it was
        return [*follow_up, "say_goodbye"]

    def hand_over(self) -> list[str]:
        self.over = True
        return ["hand_over"]

    def status(self, task: Task) -> list[str]:
        return self.finish("tell_status")

    def send_back(self, task: Task) -> list[str]:
        if task.reason is None:
            return ["ask_reason"]
        if task.reason == "unwanted" and task.agreed is None:
            return ["ask_confirm"]  # there is a fee for what merely does not please
        return self.finish() if task.agreed is False else self.done("send_label", self.refund())

    def exchange(self, task: Task) -> list[str]:
        if task.option is None:
            return ["offer_options"]
        if task.address is None:
            return ["confirm_address"]
        return self.done("send_replacement", "send_label")

    def redirect(self, task: Task) -> list[str]:
        questions = {"confirm_address": task.address, "offer_options": task.option}
        missing = [question for question, answer in questions.items() if answer is None]
        return missing or self.done("book_slot")

    def cancel(self, task: Task) -> list[str]:
        if task.agreed is None:
            return ["ask_confirm"]
        return self.done("cancel_order", self.refund()) if task.agreed else self.finish()

    def refund(self) -> str:
        return "refund_gift_card" if self.task.gift else "refund_card"

    def done(self, *actions: str) -> list[str]:
        return self.finish(*actions, "send_text") if self.task.by_text else self.finish(*actions)

    def finish(self, *actions: str) -> list[str]:
        self.forget_task()
        return [*actions, "ask_anything_else"]

    def forget_task(self) -> None:
        self.task, self.wants_more = Task(), None
