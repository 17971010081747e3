"""What to do about one service in one place: a planner's rules, read from top to bottom, each with its reason.

A `Situation` holds what is known; `decide` answers with a `Decision`: what is done, from when, how many places, the
reason, and what would turn it. The rules:

1. unknown places or demand: ``study``;
2. a home that must close: ``transform`` into its replacement (ЗСУ § 33-34);
3. nobody in it and nobody waiting: ``close`` after three months (ЗСУ 58), else ``study`` since when it is empty;
4. the upper bound of demand and everybody registered leave places over in every year: ``reduce`` to what they need,
   never below the smallest unit; services of the council's own budget stay by its choice (ЗСУ 47), and that is said;
5. those registered today, with the growth of demand to the year, are more than the places: ``expand``. What the
   model expects beyond them is no ground for more while nobody stands on a list;
6. no service: ``open`` one that is at least as large as the smallest unit; fewer people are left to `clusters`, which
   finds a host, a joint unit or a mobile team, and says where there is none;
7. else ``keep``. A change below the smallest one worth a decision is none.

How many: the quantile of demand that balances an empty place against a person not served (``planned``), where a service
is there not above those registered with the growth of demand, not fewer than are registered as far as the upper bound
of demand reaches. Bounds hold the number, and the decision names those that do (`BOUNDS`): in every year the criterion,
the money of the municipality and what units of allowed sizes hold; before the horizon also the National Map (ЗСУ 43(2),
until it is updated, 36), and in the next plan, where posts are vacant, the places that there are. Residents of closing
homes have a place whatever the bounds: what replaces their home must be in the map (ЗСУ § 34).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ossu_analysis.gap.formulas import HALF_A_PLACE

DECISIONS = (
    "keep", "expand", "reduce", "close", "open", "serve_by_neighbour", "mobile_team", "transform", "study",
    "not_proposed",
)  # fmt: skip
BOUNDS = ("criterion", "money", "map", "staff", "unit")
"""What may hold a number below the places that are wanted."""
MONTHS_EMPTY = 3
"""Months without users after which a service is to be ended (ЗСУ 58)."""
LEAST_VACANCY = 0.05
"""Share of places unused for want of staff from which more places are no answer: a convention, as `smallest_change`."""


@dataclass(frozen=True)
class Outlook:
    """Places that the people of a place will need in one year, in places at their own municipality.

    Attributes
    ----------
    planned, high, low : float
        At the quantile that is planned for, and at the ends of the 80 % range.
    growth : float
        Demand that is planned for, in shares of that of the base year.
    """

    planned: float
    high: float
    growth: float = 1.0
    low: float = 0.0

    def at(self, demand: float) -> "Outlook":
        """The outlook of those who know that demand will be so much."""
        grown = demand / self.planned if self.planned > 0 else 1.0
        return Outlook(demand, demand, self.growth * max(grown, 0.0), demand)


@dataclass(frozen=True)
class Situation:
    """What is known of one service in one place.

    Attributes
    ----------
    outlook : mapping of int to Outlook
        By year of the plan; empty where demand is unknown.
    places : int or None
        None where nobody has reported.
    occupied, waiting : int
        Persons in it and on its list; 0 where no list is kept.
    empty_months : int or None
        Months without users; None where that is not known.
    smallest, lead_years : int
        Smallest unit, and years until a place opens.
    largest : int or None
        Largest unit; None where none is known.
    elsewhere : float
        Places that the residents have in other municipalities.
    criterion, money, map_number : float or None
        Most users by the ordinance, by the money there is and by the National Map; None where that is not loaded.
    staffed : int or None
        Places that the filled posts can serve; None where posts are not reported.
    moving : mapping of int to int
        Residents of closing homes who need a place here by each year.
    is_council_choice, must_close : bool
        Paid by the council alone; a home that must close.
    """

    outlook: Mapping[int, Outlook]
    places: int | None = 0
    occupied: int = 0
    waiting: int = 0
    empty_months: int | None = None
    smallest: int = 1
    largest: int | None = None
    lead_years: int = 1
    elsewhere: float = 0.0
    criterion: float | None = None
    money: float | None = None
    map_number: float | None = None
    staffed: int | None = None
    moving: Mapping[int, int] = field(default_factory=dict)
    is_council_choice: bool = False
    must_close: bool = False

    @property
    def registered(self) -> int:
        """People who are served or wait."""
        return self.occupied + self.waiting

    @property
    def is_short_of_staff(self) -> bool:
        """Whether vacant posts leave places unused that more than a few people could take."""
        usable = None if self.staffed is None else max(self.staffed, self.occupied)
        return bool(self.places) and usable is not None and usable < (1 - LEAST_VACANCY) * (self.places or 0)

    def wanted(self, year: int) -> int:
        """Places before any bound: the planned quantile, and people on the list as far as demand may reach."""
        outlook = self.outlook[year]
        wanted = _whole(outlook.planned)
        if self.places:
            wanted = min(wanted, _whole(self.registered * outlook.growth))
        return max(wanted, min(self.registered, self.upper(year)))

    def bounds(self, year: int) -> dict[str, float]:
        """Most places by each bound that is known and holds in a year; none takes away what is there."""
        known: dict[str, float | None] = {"criterion": self.criterion, "money": self.money}
        if year < max(self.outlook):
            known["map"] = self.map_number
        if year == min(self.outlook):
            known["staff"] = self.places if self.is_short_of_staff else None
        return {name: max(most, self.places or 0) for name, most in known.items() if most is not None}

    def needed(self, year: int) -> int:
        """Places to plan for within the bounds."""
        return int(min([self.wanted(year), *self.bounds(year).values()]))

    def built(self, year: int) -> int:
        """Places that are needed, with those for people who move in, as units of allowed sizes can hold them."""
        people = self.people_moving(year)
        return whole_units(self.needed(year) + people, self.places or 0, self.smallest, self.largest,
                           most=self.upper(year) + people, least=people)  # fmt: skip

    def held_by(self, year: int) -> list[str]:
        """Bounds that keep a year's places below those that are wanted."""
        held = [name for name, most in self.bounds(year).items() if most < self.wanted(year)]
        return held + ["unit"] * (self.built(year) < self.needed(year) + self.people_moving(year))

    def upper(self, year: int) -> int:
        """Most places that demand may need."""
        high = self.outlook[year].high
        return math.ceil(high) if high >= HALF_A_PLACE else 0

    def people_moving(self, year: int) -> int:
        """Residents of closing homes who need a place here by a year."""
        return self.moving.get(year, 0)


@dataclass(frozen=True)
class Decision:
    """What is done, and the path of places that it means.

    Attributes
    ----------
    kind : str
        One of `DECISIONS`; ``pending`` while `clusters` has still to find a host.
    path : mapping of int to int
        Places at the end of each year of the plan; empty where they are unknown.
    reason : str
        Key of the sentence that says why.
    held : tuple of str
        `BOUNDS` that keep the places of some year below those that are wanted.
    """

    kind: str
    path: Mapping[int, int]
    reason: str
    held: tuple[str, ...] = ()

    @property
    def places(self) -> int | None:
        """Places at the horizon; None where they are unknown."""
        return self.path[max(self.path)] if self.path else None

    def effective_year(self, today: int) -> int | None:
        """First year of the plan with another number than today; None when nothing moves."""
        return next((year for year in sorted(self.path) if self.path[year] != today), None)


@dataclass(frozen=True)
class Terms:
    """What all decisions of a plan share.

    Attributes
    ----------
    years : tuple of int
        Years of the plan: the next, the third and the horizon.
    smallest_change : float
        Smallest change that is proposed, as a share of the places; never below one place.
    """

    years: tuple[int, ...]
    smallest_change: float

    def is_worth(self, change: float, places: int) -> bool:
        """Whether a change is large enough to be decided on."""
        return change >= max(1.0, self.smallest_change * places)

    def can_open(self, year: int, lead_years: int) -> bool:
        """Whether what is decided before the first year of the plan can be open at the end of a year."""
        return year >= self.years[0] + lead_years - 1


def decide(about: Situation, terms: Terms) -> Decision:
    """What to do about one service in one place; see the rules at the top of the module."""
    if about.must_close:
        return Decision("transform", {}, "closing_home")
    if about.places is None or not about.outlook:
        path = {} if about.places is None else dict.fromkeys(terms.years, about.places)
        return Decision("study", path, "no_return" if about.places is None else "no_demand")
    made = _with_service(about, about.places, terms) if about.places else _without_service(about, terms)
    if made.kind not in ("keep", "expand", "open", "pending"):
        return made
    held = {name for year in terms.years for name in about.held_by(year)}
    return replace(made, held=tuple(name for name in BOUNDS if name in held))


def confidence(about: Situation, made: Decision, terms: Terms) -> str:
    """How far a decision hangs on the forecast: what would be decided if demand came at either end of its 80 % range.

    A, the same at both ends, perhaps with another number; B, something else at one end, but not more than a smallest
    unit or a fifth of the places away; C, something else at one end and farther; D, something else at both ends, or
    places or demand are unknown. What the law decides does not hang on the forecast.
    """
    if about.must_close:
        return "A"
    if about.places is None or not about.outlook:
        return "D"
    ends = [
        decide(replace(about, outlook={year: one.at(getattr(one, end)) for year, one in about.outlook.items()}), terms)
        for end in ("low", "high")
    ]
    other = [end for end in ends if end.kind != made.kind]
    if len(other) != 1:
        return "D" if other else "A"
    moved = abs((other[0].places or 0) - (made.places or 0))
    return "B" if moved <= max(about.smallest, about.places / 5) else "C"


def _with_service(about: Situation, places: int, terms: Terms) -> Decision:
    kept = dict.fromkeys(terms.years, places)
    moving = any(about.moving.values())
    if about.registered == 0 and not moving:
        if about.empty_months is None or about.empty_months < MONTHS_EMPTY:
            return Decision("study", kept, "empty_since_unknown")
        return Decision("close", dict.fromkeys(terms.years, 0), "empty")
    grown = {year: _grown(about, places, year, terms) for year in terms.years}
    if any(number > places for number in grown.values()):
        reason = "residents" if moving else "list" if about.registered > places else "growth"
        return Decision("expand", _rising(grown), reason)
    enough = max(about.smallest, about.registered, *(about.upper(y) + about.people_moving(y) for y in terms.years))
    if terms.is_worth(places - enough, places):
        if about.is_council_choice:
            return Decision("keep", kept, "council_choice")
        return Decision("reduce", dict.fromkeys(terms.years, enough), "above_upper_bound")
    return Decision("keep", kept, _reason_kept(about, places, terms))


def _grown(about: Situation, places: int, year: int, terms: Terms) -> int:
    """Places at the end of a year where more are needed and it shows, else those there are."""
    if not terms.can_open(year, about.lead_years):
        return places
    # Everybody who must leave a home has a place, however few they are.
    built, people = about.built(year), about.people_moving(year)
    return built if built > places and (people or terms.is_worth(built - places, places)) else places


def _reason_kept(about: Situation, places: int, terms: Terms) -> str:
    last = terms.years[-1]
    if terms.is_worth(about.wanted(last) - places, places) and about.held_by(last):
        return "held"
    needed = about.needed(last) + about.people_moving(last)
    if needed > places:
        return "small_change"
    if about.waiting and about.is_short_of_staff:
        return "no_staff"
    most = max(about.registered, *(about.upper(year) + about.people_moving(year) for year in terms.years))
    if terms.is_worth(places - most, places):
        return "smallest_unit"
    if _whole(about.outlook[last].planned) > places:
        return "free_places" if about.registered < places else "no_list"
    return "within_range" if terms.is_worth(places - needed, places) else "in_balance"


def _without_service(about: Situation, terms: Terms) -> Decision:
    none = dict.fromkeys(terms.years, 0)
    wanted = {year: about.built(year) for year in terms.years}
    if max(about.needed(y) + about.people_moving(y) for y in terms.years) == 0:
        if about.elsewhere >= HALF_A_PLACE:
            return Decision("serve_by_neighbour", none, "already_elsewhere")
        return Decision("not_proposed", none, "nobody")
    opened = {y: number if terms.can_open(y, about.lead_years) else 0 for y, number in wanted.items()}
    moving = any(about.moving.values())
    if opened[terms.years[-1]] < about.smallest and not moving:
        return Decision("pending", none, "too_few")
    path = _rising({year: max(number, about.smallest) if number else 0 for year, number in opened.items()})
    return Decision("open", path, "residents" if moving else "no_service")


def with_guests(about: Situation, made: Decision, guests: int, terms: Terms) -> Decision:
    """The decision of a host that also takes people of other areas; places that are there are used first."""
    base, places = made.path[terms.years[-1]], about.places or 0
    own = max(about.registered, about.needed(terms.years[-1])) if places else 0
    asked = max(base, own + guests)
    wanted = whole_units(asked, places, about.smallest, about.largest, most=asked, least=asked)
    if wanted == base:
        return made
    path = {
        year: max(made.path[year], wanted if terms.can_open(year, about.lead_years) else min(wanted, places))
        for year in terms.years
    }
    if wanted < places:
        return replace(made, path=path)
    kind = "keep" if wanted == places else "expand" if places else "open"
    return replace(made, kind=kind, path=path, reason="guests")


def chosen_by_expert(about: Situation, made: Decision, users: int, terms: Terms) -> Decision:
    """An expert's own number as a decision; where it is nothing and nothing is there, the people look for a host."""
    places = about.places or 0
    path = {y: users if users < places or terms.can_open(y, about.lead_years) else places for y in terms.years}
    if users == places == 0:
        kind = "pending" if made.kind in ("open", "pending") else made.kind
    elif about.places is None:
        kind = made.kind
    elif users == places:
        kind = "keep"
    else:
        kind = ("expand" if places else "open") if users > places else "reduce" if users else "close"
    return Decision(kind, path, "expert")


def whole_units(wanted: int, places: int, smallest: int, largest: int | None, most: int, least: int = 0) -> int:
    """Places nearest to those wanted that units of allowed sizes hold: existing ones are filled up, new ones whole.

    Parameters
    ----------
    wanted, places : int
        Places that are wanted, and that are there; less than is there needs no new unit.
    smallest, largest : int, int or None
        Sizes of a unit; without a largest one every number is possible.
    most, least : int
        A whole unit is added where that goes above ``wanted`` up to ``most``, or where ``least`` would not be reached.
    """
    if largest is None or wanted <= places:
        return wanted
    room = -places % largest
    new = max(math.ceil((wanted - places - room) / largest), 0)
    if wanted - places >= new * smallest:
        return wanted
    with_new, without = places + new * smallest, places + room + (new - 1) * largest
    return with_new if with_new <= most or without < least else without


def _rising(path: Mapping[int, int]) -> dict[int, int]:
    """Nothing is built to be taken down in the next year of the plan."""
    risen, most = {}, 0
    for year in sorted(path):
        most = max(most, path[year])
        risen[year] = most
    return risen


def _whole(places: float) -> int:
    """The nearest whole number of places, half a place upwards; none below nothing."""
    return max(math.floor(places + HALF_A_PLACE), 0)
