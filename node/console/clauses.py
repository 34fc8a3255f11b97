"""The terms of an agreement in plain words, a sentence a clause; two versions differ where their sentences do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from babel import dates

from node.console import languages
from node.console.words import N_

Json = Mapping[str, Any]
DAY_S: Final = 86_400
HOUR_S: Final = 3_600
MINUTE_S: Final = 60
UNITS: Final[tuple[tuple[Literal["day", "hour", "minute"], int], ...]] = (
    ("day", DAY_S),
    ("hour", HOUR_S),
    ("minute", MINUTE_S),
)
ENDLESS: Final = 1e12

MONEY: Final = N_("Money")
SHIPPING: Final = N_("Shipping")
CANCELLING: Final = N_("Cancelling, and whose fault costs what")
QUALITY: Final = N_("Returns and quality")
ANSWERS: Final = N_("What silence means")
DISPUTES: Final = N_("Disputes")
MORE: Final = N_("More")

BASES: Final[Mapping[str, str]] = {
    "shipment": N_("Goods are owed once they have been handed to the carrier."),
    "delivery": N_("Goods are owed once they have been delivered."),
    "return_window": N_("Goods are owed once the time for returns is over."),
}
PERIODS: Final[Mapping[str, str]] = {
    "weekly": N_("The books are closed every week."),
    "half-monthly": N_("The books are closed twice a month."),
    "monthly": N_("The books are closed every month."),
}
STAGES: Final[Mapping[str, str]] = {
    "placed": N_("Before the seller has accepted"),
    "agreed": N_("After acceptance"),
    "packed": N_("Once packed"),
    "handed_over": N_("Once handed to the carrier"),
    "delivered": N_("Once delivered"),
    "overdue": N_("When the seller is late"),
    "refused": N_("When the consumer refuses the parcel"),
}
WHO: Final[Mapping[tuple[str, ...], str]] = {
    (): N_("Nobody may cancel."),
    ("buyer",): N_("The buyer may cancel."),
    ("seller",): N_("The seller may cancel."),
    ("buyer", "seller"): N_("Either side may cancel."),
}
OUT: Final[Mapping[str, str]] = {
    "buyer": N_("The buyer bears the freight out."),
    "seller": N_("The seller bears the freight out."),
    "fault": N_("Whoever is at fault bears the freight out."),
}
BACK: Final[Mapping[str, str]] = {
    "buyer": N_("The buyer bears the freight back."),
    "seller": N_("The seller bears the freight back."),
    "fault": N_("Whoever is at fault bears the freight back."),
}
PROPOSALS: Final[Mapping[str, str]] = {
    "agreement": N_("Proposed terms"),
    "hold": N_("A request to keep stock back"),
    "quote": N_("A quotation"),
    "order": N_("An order"),
    "response": N_("A seller's other offer for an order"),
    "change": N_("A change of an order"),
    "cancel": N_("A cancellation"),
    "receipt": N_("A report of goods received"),
    "return": N_("A request for a return"),
    "ship_back": N_("Sending the goods back"),
    "inspect": N_("Inspecting returned goods"),
    "statement": N_("A statement"),
    "settlement": N_("A settlement"),
}
SILENCES: Final[Mapping[str, str]] = {
    "accept": N_("Without an answer within %(time)s it counts as accepted."),
    "reject": N_("Without an answer within %(time)s it counts as rejected."),
    "lapse": N_("Without an answer within %(time)s it lapses."),
}
LEVELS: Final[Mapping[str, str]] = {
    "none": N_("Of a place that is sealed to somebody else, the seller sees nothing."),
    "country": N_("Of a place that is sealed to somebody else, the seller sees the country."),
    "province": N_("Of a place that is sealed to somebody else, the seller sees country and province."),
    "city": N_("Of a place that is sealed to somebody else, the seller sees country, province and city."),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One term. `key` names it in every language; `group` and `name` are its headings, `text` is its sentence."""

    key: str
    group: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A clause that is another one, or that is new (`old` empty) or gone (`new` empty)."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Puts the terms of one version into words of one language."""

    language: languages.Language
    terms: Json

    def say(self, text: str, **values: Any) -> str:
        """A sentence."""
        return self.language.text(text, **values)

    def percent(self, share: str) -> str:
        """A share of the price as a percentage, as exact as it is."""
        hundredth = Decimal(share) * 100
        digits = max(0, -int(hundredth.normalize().as_tuple().exponent))
        return self.language.percent(float(Decimal(share)), min(digits, 4))

    def time(self, seconds: int) -> str:
        """A time in the largest unit that divides it."""
        for unit, size in UNITS:
            if seconds % size == 0 and (seconds or unit == "day"):
                return self.counted(seconds, unit)
        return self.counted(seconds, "second")

    def counted(self, seconds: int, unit: Literal["day", "hour", "minute", "second"]) -> str:
        """So many of a unit, and never of a larger one: people agree on 14 days and not on two weeks."""
        passed = timedelta(seconds=seconds)
        return dates.format_timedelta(passed, granularity=unit, threshold=ENDLESS, locale=self.language.locale)

    def read(self) -> Iterator[Clause]:
        """Every clause, in the order of a contract."""
        for part, group in (
            (self.money, MONEY),
            (self.shipping, SHIPPING),
            (self.cancelling, CANCELLING),
            (self.quality, QUALITY),
            (self.answers, ANSWERS),
            (self.disputes, DISPUTES),
            (self.more, MORE),
        ):
            for key, name, text in part():
                yield Clause(key, self.say(group), self.say(name), text)

    def money(self) -> Iterator[tuple[str, str, str]]:
        """What is paid, when, and what is kept."""
        terms = self.terms
        yield "currency", N_("Currency"), self.language.locale.currencies.get(terms["currency"], terms["currency"])
        yield "basis", N_("When goods are owed"), self.say(BASES[terms["basis"]])
        yield "period", N_("Statements"), self.say(PERIODS[terms["statement_period"]])
        if "payment_due_s" in terms:
            text = self.say(N_("What is owed is due within %(time)s."), time=self.time(terms["payment_due_s"]))
            yield "payment", N_("Payment"), text
        limit = terms.get("credit_limit")
        owed = (
            self.say(N_("The buyer may owe any amount."))
            if limit is None
            else self.say(
                N_("The buyer may owe at most %(amount)s."),
                amount=self.language.money(limit["amount"], limit["currency"]),
            )
        )
        yield "credit", N_("Credit"), owed
        if Decimal(terms["withholding"]):
            text = self.say(
                N_("The buyer keeps %(share)s of the price until the goods are final."),
                share=self.percent(terms["withholding"]),
            )
            yield "withholding", N_("Kept back"), text
        yield from self.parts()
        billing = (
            N_("The buyer writes the invoices.") if terms["self_billing"] else N_("The seller writes the invoices.")
        )
        yield "billing", N_("Invoices"), self.say(billing)

    def parts(self) -> Iterator[tuple[str, str, str]]:
        """Fees that the buyer keeps, and shares of third merchants."""
        for fee in self.terms["fees"]:
            kept = N_("The buyer keeps %(share)s of the price as “%(name)s”.")
            sentences = [self.say(kept, share=self.percent(fee["rate"]), name=fee["name"])]
            if Decimal(fee["tax"]):
                taxed = N_("On top of that comes a tax of %(share)s.")
                sentences.append(self.say(taxed, share=self.percent(fee["tax"])))
            yield f"fee {fee['name']}", N_("Fee"), self.joined(sentences)
        for share in self.terms["shares"]:
            sentence = (
                N_("%(share)s of the price go to %(who)s for “%(role)s”; the buyer passes them on.")
                if share["by"] == "buyer"
                else N_("%(share)s of the price go to %(who)s for “%(role)s”; the seller passes them on.")
            )
            text = self.say(sentence, share=self.percent(share["rate"]), who=share["node"][:15], role=share["role"])
            yield f"share {share['role']}", N_("Share of a third merchant"), text

    def shipping(self) -> Iterator[tuple[str, str, str]]:
        """When goods leave, and what is told of where they go."""
        terms = self.terms
        if "ship_by_s" in terms:
            text = self.say(N_("Goods leave within %(time)s after acceptance."), time=self.time(terms["ship_by_s"]))
            yield "ship_by", N_("Time to ship"), text
        level = terms.get("disclosure", {}).get("ship_to", "country")
        yield "disclosure", N_("Addresses"), self.say(LEVELS[level])
        for key, name in (("countries", N_("Countries")), ("channels", N_("Sales channels"))):
            if terms[key]:
                yield key, name, self.language.listed([str(one) for one in terms[key]])

    def cancelling(self) -> Iterator[tuple[str, str, str]]:
        """The term table, a row a sentence."""
        for row in self.terms["rows"]:
            sentences = [self.say(WHO[tuple(sorted(row["cancel"]))])]
            if Decimal(row["fee"]):
                text = N_("The buyer owes %(share)s of the price.")
                sentences.append(self.say(text, share=self.percent(row["fee"])))
            if Decimal(row["penalty"]):
                text = N_("A seller who does not deliver owes %(share)s of the price.")
                sentences.append(self.say(text, share=self.percent(row["penalty"])))
            sentences += [self.say(OUT[row["freight_out"]])] if row["freight_out"] in OUT else []
            sentences += [self.say(BACK[row["freight_back"]])] if row["freight_back"] in BACK else []
            if row["refund_within_s"]:
                sentences.append(self.say(N_("Refunds within %(time)s."), time=self.time(row["refund_within_s"])))
            yield f"row {row['stage']}", STAGES[row["stage"]], self.joined(sentences)
        for key, name in (
            ("oversell_penalty", N_("Sold, but not there")),
            ("short_penalty", N_("Delivered short")),
        ):
            if Decimal(self.terms[key]):
                text = self.say(N_("The seller owes %(share)s of the price."), share=self.percent(self.terms[key]))
                yield key, name, text

    def quality(self) -> Iterator[tuple[str, str, str]]:
        """Returns and inspections."""
        for key, name, text in (
            ("return_window_s", N_("Returns"), N_("Goods may come back within %(time)s after delivery.")),
            ("inspect_window_s", N_("Inspection"), N_("Goods are looked at within %(time)s.")),
        ):
            if key in self.terms:
                yield key, name, self.say(text, time=self.time(self.terms[key]))

    def answers(self) -> Iterator[tuple[str, str, str]]:
        """What follows when nobody answers."""
        for row in self.terms["answers"]:
            text = self.say(SILENCES[row["on_silence"]], time=self.time(row["respond_by_s"]))
            yield f"answer {row['proposal']}", PROPOSALS[row["proposal"]], text

    def disputes(self) -> Iterator[tuple[str, str, str]]:
        """Complaints and who decides them."""
        for key, name, text in (
            ("issue_response_s", N_("Complaints"), N_("A complaint is answered within %(time)s.")),
            ("issue_resolution_s", N_("Escalation"), N_("A complaint may be escalated after %(time)s.")),
            ("award_s", N_("Award"), N_("Each arbiter has %(time)s to decide.")),
        ):
            if key in self.terms:
                yield key, name, self.say(text, time=self.time(self.terms[key]))
        for place, arbiter in enumerate(self.terms["arbiters"], start=1):
            who = " · ".join(filter(None, (arbiter.get("name"), f"{arbiter['node'][:15]}…")))
            yield f"arbiter {place}", N_("Arbiter"), self.say(N_("%(place)s. %(who)s"), place=place, who=who)

    def more(self) -> Iterator[tuple[str, str, str]]:
        """What is left."""
        terms = self.terms
        if terms["floor_prices"]:
            yield "floor", N_("Resale prices"), self.say(N_("Nothing is sold below the price that the seller names."))
        if "law" in terms:
            yield "law", N_("Law"), self.language.locale.territories.get(terms["law"], terms["law"])
        if "valid_from" in terms:
            yield "valid_from", N_("In force from"), self.language.day(str(terms["valid_from"]))
        for wording in terms["texts"]:
            if wording.get("text"):
                yield f"text {wording['language']}", N_("In words"), wording["text"]

    def joined(self, sentences: Sequence[str]) -> str:
        """Sentences one after the other: with a space, or without one where the script has none."""
        return ("" if self.language.code.startswith("zh") else " ").join(sentences)


def of(language: languages.Language, terms: Json) -> list[Clause]:
    """Every clause of the terms that `agreement.list` gives."""
    return list(Reader(language, terms).read())


def differences(language: languages.Language, old: Json, new: Json) -> list[Difference]:
    """What is another in the new terms."""
    before = {clause.key: clause for clause in of(language, old)}
    after = {clause.key: clause for clause in of(language, new)}
    found = []
    for key in dict.fromkeys((*after, *before)):
        was, is_now = before.get(key), after.get(key)
        if was is None or is_now is None or was.text != is_now.text:
            named = is_now or was
            assert named is not None
            found.append(Difference(named.name, "" if was is None else was.text, "" if is_now is None else is_now.text))
    return found
