"""500 labelled pairs: doubles as people enter them, and records that only look alike.

Made from a seed. Each case draws its own names, numbers and places, and what of them was filled in.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from crm.duplicates.facts import Facts

words = str.split
FIRST = words(
    "Jean Marie Hélène François Zoé Karim Léa André Noël Inès Paul Camille Élodie Björn "
    "Jean-Pierre Anne-Sophie Mathieu Claire Hugo Nadia Chloé Loïc Agnès Benoît Cécile Étienne"
)
LAST = words(
    "Martin Lefèvre Dupont Durand Girard Müller Benoît Fernández Delattre Caron Roux Garnier "
    "Chevalier Lemaître Hernandez Marchand Perrin Morel Fontaine Rousseau Blanchard Guérin "
    "Boyer Barbier Schneider Gauthier Renard Da-Silva Mercier Vasseur"
)
TRADES = words("Garage Menuiserie Boulangerie Transports Imprimerie Pharmacie Conseil Scierie")
INVENTED = words(
    "Bâti-Rhône Saône-Hôtels Nordlog Altéa Vertuo Mécadis Solinov Aquafil Prodéo Cyclamène "
    "Orfèvris Ligéria Novacap Terrabio Polymat Énergis Viatech Clarisse Domitia Kerlann"
)
FORMS = words("SARL SAS SA EURL S.A.R.L. SASU")
TOWNS = {
    "69003": "Lyon", "13001": "Marseille", "59000": "Lille", "31000": "Toulouse",
    "44000": "Nantes", "67000": "Strasbourg", "33000": "Bordeaux", "38000": "Grenoble",
}  # fmt: skip
MAILBOXES = words("contact info accueil commercial")


@dataclass(frozen=True)
class Pair:
    """Two records, whether they are one, and which case this is."""

    case: str
    one: Facts
    other: Facts
    is_same: bool


class Draw:
    """What records are made of."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  the same pairs each time

    def pick(self, values: list[str]) -> str:
        return self.random.choice(values)

    def maybe(self, value: str, chance: float = 0.5) -> str:
        return value if self.random.random() < chance else ""

    def person(self) -> tuple[str, str]:
        return self.pick(FIRST), self.pick(LAST)

    def company(self) -> str:
        if self.random.random() < 0.4:
            return f"{self.pick(TRADES)} {self.pick(LAST)}"
        extra = self.pick(["", "", " Distribution", " Services", " Ingénierie", " Habitat"])
        return self.pick(INVENTED) + extra

    def digits(self, count: int) -> str:
        return "".join(self.random.choices("0123456789", k=count))

    def landline(self) -> str:
        return f"+33{self.random.randint(1, 5)}{self.digits(8)}"

    def mobile(self) -> str:
        return f"+33{self.random.choice('67')}{self.digits(8)}"

    def siren(self) -> str:
        return self.digits(9)

    def town(self) -> str:
        return self.pick(list(TOWNS))

    def other_than(self, value: str, draw: Callable[[], str]) -> str:
        found = draw()
        while found == value:
            found = draw()
        return found

    def typo(self, text: str) -> str:
        """One letter lost, doubled, swapped with its neighbour or taken for another."""
        at = self.random.randrange(2, max(3, len(text) - 1))
        kind = self.random.randrange(4)
        if kind == 0:
            return text[:at] + text[at + 1 :]
        if kind == 1:
            return text[:at] + text[at - 1] + text[at:]
        if kind == 2:
            return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
        return text[:at] + self.pick(list("aeinrst")) + text[at + 1 :]

    def shortened(self, name: str) -> str:
        """Without what it does, where its name is an invented one; perhaps with where it is."""
        first, _space, _rest = name.partition(" ")
        return (name if first in TRADES else first) + self.pick([" Lyon", " France", ""])

    def dressed(self, name: str) -> str:
        """The name as somebody else writes it: case, accents, legal form before or after."""
        bare = plain(name)
        text = self.pick([name, bare, name.upper(), bare.lower(), bare.replace("-", " ")])
        form = self.pick(FORMS)
        return self.pick([text, f"{text} {form}", f"{form} {text}"])


def plain(name: str) -> str:
    """Without accents."""
    return name.translate(str.maketrans("éèêëàâôöîïûüçñÉÈ", "eeeeaaooiiuucnEE"))


def at(code: str) -> dict[str, frozenset[str]]:
    return {"postal_codes": frozenset([code]), "cities": frozenset([TOWNS[code]])}


def phones(*landlines: str, mobile: str = "") -> dict[str, frozenset[str]]:
    mobiles = frozenset(filter(None, [mobile]))
    return {"phones": frozenset(filter(None, landlines)) | mobiles, "mobiles": mobiles}


def domain_of(name: str) -> str:
    plain = "".join(c for c in name.lower() if c.isascii() and c.isalpha())
    return f"{plain[:18] or 'acme'}.example"


def house(draw: Draw) -> Facts:
    """An organisation as an account, filled in well."""
    name, code = draw.company(), draw.town()
    domain = domain_of(name)
    return Facts(
        1, name, email=f"{draw.pick(MAILBOXES)}@{domain}", website=f"https://www.{domain}",
        siren=draw.siren(), **phones(draw.landline()), **at(code),
    )  # fmt: skip


def someone(draw: Draw) -> Facts:
    """A person as a lead or a contact."""
    first, last = draw.person()
    mailbox = domain_of(first)[:-8] + "." + domain_of(last)[:-8]
    host = draw.pick(["gmail.com", "orange.fr", domain_of(draw.company())])
    return Facts(
        1, person=(first, last), email=f"{mailbox}@{host}",
        **phones(draw.landline(), mobile=draw.mobile()), **at(draw.town()),
    )  # fmt: skip


def thinned(draw: Draw, facts: Facts, *, keep: str, chance: float = 0.5) -> Facts:
    """A record in which much was not filled in, but `keep`: names of fields."""
    gone = {
        name: type(getattr(facts, name))()
        for name in ("email", "website", "siren", "phones", "postal_codes")
        if name not in keep.split() and draw.random.random() > chance
    }
    if "phones" in gone:
        gone["mobiles"] = frozenset()
    if "postal_codes" in gone:
        gone["cities"] = frozenset()
    return replace(facts, **gone)


def doubles(draw: Draw) -> list[tuple[str, Facts, Facts]]:
    """One of each case in which two records are the same."""
    one, who, code = house(draw), someone(draw), draw.town()
    first, last = who.person
    moved = {**at(draw.other_than(next(iter(one.postal_codes)), draw.town))}
    account = draw.random.randrange(1, 10_000)
    words = one.organization.split()
    swapped = " ".join(reversed(words)) + draw.pick(["", " et fils", " SARL"])
    without = replace(one, siren="", email="", website="")
    return [
        ("written otherwise", one, thinned(
            draw, replace(one, organization=draw.dressed(one.organization)), keep="postal_codes")),
        ("written otherwise, no number", without, thinned(
            draw, replace(without, organization=draw.dressed(one.organization)),
            keep="postal_codes")),
        ("misspelt, same town", without, thinned(
            draw, replace(without, organization=draw.typo(one.organization)),
            keep="postal_codes", chance=0.6)),
        ("misspelt, same phone", one, thinned(
            draw, replace(one, organization=draw.typo(draw.dressed(one.organization))),
            keep="phones")),
        ("misspelt, same domain", one, thinned(
            draw, replace(one, organization=draw.typo(one.organization), siren=""),
            keep="email website")),
        ("words in another order", without, thinned(
            draw, replace(without, organization=swapped), keep="postal_codes")),
        ("a trade name, same SIREN", one, thinned(
            draw, replace(one, organization=draw.pick(INVENTED)), keep="siren")),
        ("a VAT number for a SIREN", one, replace(
            one, siren="", vat_number=f"FR{draw.digits(2)}{one.siren}", email="",
            organization=draw.dressed(one.organization))),
        ("it moved", one, thinned(draw, replace(
            one, **moved, siren="", organization=draw.dressed(one.organization)),
            keep="phones email postal_codes")),
        ("person, accents, same e-mail", who, thinned(draw, replace(
            who, person=(plain(first).upper(), plain(last))), keep="email")),
        ("person, misspelt, same mobile", who, thinned(
            draw, replace(who, person=(first, draw.typo(last)), email=""), keep="phones")),
        ("person, names swapped", who, thinned(
            draw, replace(who, person=(last, first)), keep="email")),
        ("person, an initial", who, thinned(
            draw, replace(who, person=(first[0], last)), keep="email phones")),
        ("person, another e-mail", who, replace(
            who, email=f"{last.lower()}{draw.digits(2)}@free.fr", phones=who.mobiles)),
        ("person, same town and phone", replace(who, email=""), replace(
            who, email="", mobiles=frozenset(), phones=who.phones - who.mobiles)),
        ("only an e-mail", who, Facts(1, email=who.email.upper())),
        ("contact, same account", replace(who, accounts=frozenset([account])), thinned(
            draw, replace(who, accounts=frozenset([account]), person=(first.upper(), last)),
            keep="")),
        ("contact misspelt, same account", replace(who, accounts=frozenset([account])), thinned(
            draw, replace(who, accounts=frozenset([account]), person=(first, draw.typo(last))),
            keep="email")),
        ("lead of a company, twice", replace(who, organization=one.organization, **at(code)),
            thinned(draw, replace(
                who, organization=draw.dressed(one.organization), **at(code)), keep="email")),
        ("lead of a company, misspelt", replace(who, organization=one.organization, **at(code)),
            thinned(draw, replace(
                who, organization=draw.typo(one.organization), email="", **at(code)),
                keep="phones postal_codes")),
        ("company lead, then a person in it", replace(one, siren=""), thinned(draw, replace(
            one, siren="", person=who.person), keep="postal_codes email phones")),
        ("name cut short, same domain", one, thinned(draw, replace(
            one, organization=draw.shortened(one.organization),
            siren=""), keep="email website postal_codes")),
        ("same shared mailbox and name", one, replace(
            one, organization=draw.dressed(one.organization), siren="", phones=frozenset(),
            postal_codes=frozenset(), cities=frozenset(), website="")),
        ("same SIRET, little else", replace(one, siret=one.siren + "00012"), Facts(
            1, draw.dressed(one.organization), siret=one.siren + "00012")),
        ("phone in the other field", who, replace(
            who, email="", phones=who.mobiles, mobiles=frozenset())),
    ]  # fmt: skip


def lookalikes(draw: Draw) -> list[tuple[str, Facts, Facts]]:
    """One of each case in which two records are not the same."""
    one, who, other = house(draw), someone(draw), someone(draw)
    while other.person[1] == who.person[1] or other.person[0] == who.person[0]:
        other = someone(draw)
    first, last = who.person
    code, elsewhere = next(iter(one.postal_codes)), draw.town()
    while elsewhere == code:
        elsewhere = draw.town()
    at_home = at(next(iter(who.postal_codes)))
    line, trade, domain = draw.landline(), draw.pick(TRADES), domain_of(one.organization)
    name, rival = draw.pick(LAST), draw.pick(LAST)
    while rival[:3] == name[:3]:
        rival = draw.pick(LAST)
    work = {"organization": one.organization, **at(code), "website": one.website}
    son = replace(
        who, email=f"{last.lower()}{draw.digits(2)}@free.fr",
        **phones(*(who.phones - who.mobiles), mobile=draw.mobile()),
    )  # fmt: skip
    return [
        ("colleagues, same switchboard", replace(who, **work, **phones(line)),
            replace(other, **work, **phones(line))),
        ("colleagues, same domain", replace(who, **work, email=f"{last.lower()}@{domain}"),
            replace(other, **work, email=f"{other.person[1].lower()}@{domain}")),
        ("colleagues, shared mailbox", replace(who, **work, email=f"contact@{domain}"),
            replace(other, **work, email=f"contact@{domain}")),
        ("father and son, one name", who, son),
        ("brothers, one phone", who, replace(
            son, person=(draw.other_than(first, lambda: draw.pick(FIRST)), last))),
        ("a couple, one e-mail", who, replace(
            who, person=(draw.other_than(first, lambda: draw.pick(FIRST)), last))),
        ("subsidiary in another town", one, replace(
            one, organization=f"{one.organization} {TOWNS[elsewhere]}", siren=draw.siren(),
            email="", **phones(draw.landline()), **at(elsewhere))),
        ("subsidiary, no SIREN known", replace(one, siren=""), replace(
            one, organization=f"{one.organization} {TOWNS[elsewhere]}", siren="",
            email=f"{draw.pick(MAILBOXES)}.{TOWNS[elsewhere].lower()}@{domain}",
            **phones(draw.landline()), **at(elsewhere))),
        ("subsidiary, same name", one, replace(
            one, siren=draw.siren(), **phones(draw.landline()), **at(elsewhere))),
        ("same trade, same town", Facts(1, f"{trade} {name}", **phones(line), **at(code)),
            Facts(1, f"{trade} {rival}", **phones(draw.landline()), **at(code))),
        ("same name, another town", Facts(1, f"{trade} {name}", **at(code)),
            Facts(1, f"{trade} {name}", **phones(line), **at(elsewhere))),
        ("one building, one phone", replace(one, **phones(line), website=""), replace(
            house(draw), **phones(line), **at(code), website="")),
        ("same name and town, another SIREN", one, replace(
            one, siren=draw.siren(), email=f"info@{domain_of(rival)}.example",
            website="", **phones(draw.landline()))),
        ("one accountant’s mailbox", replace(one, email="contact@cabinet-roux.example"),
            replace(house(draw), email="contact@cabinet-roux.example")),
        ("namesakes, two towns", who, replace(
            who, email=f"{first[0].lower()}{draw.digits(3)}@gmail.com",
            **phones(mobile=draw.mobile()),
            **at(draw.other_than(next(iter(who.postal_codes)), draw.town)))),
        ("strangers at gmail", replace(who, email=f"{last.lower()}@gmail.com"),
            replace(other, email=f"{other.person[1].lower()}{draw.digits(2)}@gmail.com")),
        ("numbered branches", Facts(1, f"{one.organization} 1", website=one.website, **at(code)),
            Facts(1, f"{one.organization} 2", website=one.website, **at(code))),
        ("same last name, same town", replace(who, email=""), replace(
            who, person=(draw.other_than(first, lambda: draw.pick(FIRST)), last), email="",
            **phones(draw.landline()), **at_home)),
        ("colleagues in one account", replace(who, accounts=frozenset([7])), replace(
            other, accounts=frozenset([7]), **phones(*(who.phones - who.mobiles)))),
        ("brothers in one account", replace(who, accounts=frozenset([7]), email=""), replace(
            who, person=(draw.other_than(first, lambda: draw.pick(FIRST)), last),
            accounts=frozenset([7]), email="", **phones(mobile=draw.mobile()))),
        ("a person and a company of one name", Facts(
            1, person=(first, last), **phones(line), **at(code)), Facts(
            1, f"{trade} {rival}", **phones(line), **at(code))),
        ("group and subsidiary", one, replace(
            one, organization=f"{one.organization} Participations Europe", siren=draw.siren(),
            **phones(draw.landline()))),
        ("one domain, two trades", Facts(
            1, f"Conseil {name}", website=one.website), Facts(
            1, f"Scierie {rival}", website=one.website, **at(code))),
        ("one web host", Facts(1, one.organization, website="https://pages.example/a"), Facts(
            1, house(draw).organization + " Nord", website="https://pages.example/b")),
        ("one switchboard of a group", replace(one, **phones(line)), replace(
            house(draw), **phones(line), website=one.website, siren=draw.siren())),
    ]  # fmt: skip


def labelled(seed: int, count: int = 500) -> list[Pair]:
    """So many pairs, half of them doubles, every case as often as another."""
    draw, found = Draw(seed), list[Pair]()
    while len(found) < count:
        found += [Pair(case, one, other, True) for case, one, other in doubles(draw)]
        found += [Pair(case, one, other, False) for case, one, other in lookalikes(draw)]
    return found[:count]
