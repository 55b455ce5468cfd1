"""Units of measurement and money: which words are units, and what one is in terms of another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

_F = Fraction
_TABLE: dict[str, tuple[str, Fraction]] = {}
"""Name: (dimension, how many base units of the dimension)."""


def _enter(dimension: str, factor: Fraction | int, names: str) -> None:
    for name in names.split():
        _TABLE[name] = (dimension, Fraction(factor))


_enter("length", 1, "m meter meters metre metres")
_enter("length", _F(1, 100), "cm centimeter centimeters centimetre centimetres cms")
_enter("length", _F(1, 10), "dm decimeter decimeters")
_enter("length", _F(1, 1000), "mm millimeter millimeters millimetre millimetres")
_enter("length", 1000, "km kilometer kilometers kilometre kilometres")
_enter("length", _F(254, 10000), "in inch inches")
_enter("length", _F(3048, 10000), "ft foot feet")
_enter("length", _F(9144, 10000), "yd yds yard yards")
_enter("length", _F(1609344, 1000), "mi mile miles")
_enter("mass", 1, "kg kilogram kilograms kgs")
_enter("mass", _F(1, 1000), "g gram grams")
_enter("mass", _F(1, 1000000), "mg milligram milligrams")
_enter("mass", _F(45359237, 100000000), "lb lbs pound pounds")
_enter("mass", _F(45359237, 1600000000), "oz ounce ounces")
_enter("time", 1, "s sec secs second seconds")
_enter("time", 60, "min mins minute minutes")
_enter("time", 3600, "h hr hrs hour hours")
_enter("time", 86400, "day days")
_enter("time", 604800, "week weeks wk")
_enter("month", 1, "month months")
_enter("month", 12, "year years yr yrs")
_enter("volume", _F(1, 1000), "l liter liters litre litres")
_enter("volume", _F(1, 1000000), "ml milliliter milliliters cc")
_enter("gallon", 1, "gal gallon gallons")
_enter("gallon", _F(1, 4), "quart quarts qt")
_enter("gallon", _F(1, 8), "pint pints pt")
_enter("gallon", _F(1, 16), "cup cups")
_enter("money", 1, "$ dollar dollars usd")
_enter("money", _F(1, 100), "cent cents ¢")
_enter("pound sterling", 1, "gbp")
_enter("euro", 1, "euro euros eur")
_enter("yen", 1, "yen jpy")
_enter("rupee", 1, "rupee rupees inr")
_enter("share", 1, "% percent pct percentage")
_enter("angle", 1, "degree degrees deg")
_enter("radian", 1, "radian radians rad")
_enter("celsius", 1, "celsius centigrade")
_enter("fahrenheit", 1, "fahrenheit")
_enter("kelvin", 1, "kelvin kelvins")
_enter("data", 1, "mb megabyte megabytes")
_enter("data", 1000, "gb gigabyte gigabytes")
_enter("data", _F(1, 1000), "kb kilobyte kilobytes")
_enter("unit", 1, "unit units")
_enter("energy", 1, "j joule joules")
_enter("energy", 1000, "kj kilojoule kilojoules")
_enter("force", 1, "n newton newtons")
_enter("power", 1, "w watt watts")
_enter("power", 1000, "kw kilowatt kilowatts")
_enter("pressure", 1, "pa pascal pascals")
_enter("pressure", 1000, "kpa")
_enter("frequency", 1, "hz hertz")
_enter("amount", 1, "mol mole moles")
_enter("length time^-1", _F(1609344, 3600000), "mph")
_enter("length time^-1", _F(1000, 3600), "kph kmh")

UNIT_WORDS = frozenset(name for name in _TABLE if len(name) > 1) | {"square", "sq", "cubic", "cu"}
_NOT_NOUNS = frozenset(
    """or and more less than only not no at least most if when where for all any some from to between each every even
    odd positive negative always never greater smaller larger bigger fewer false true yes is are was with on such that
    million billion thousand hundred am pm base wins win prime composite rational irrational
    monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december""".split()
)
_WORD = re.compile(r"[^\W\d_]+|\$|%|¢|[\^*/]|-?\d+")
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "squared": 2, "cubed": 3}


class Unit(tuple[str, Fraction]):
    """A dimension such as `length^2` and the size of the unit in it; an unknown noun has the dimension ``."""

    __slots__ = ()

    @property
    def dimension(self) -> str:
        """What is measured."""
        return self[0]

    @property
    def factor(self) -> Fraction:
        """The size of the unit in base units."""
        return self[1]


NOUN = Unit(("", Fraction(1)))


def read_unit(words: Sequence[str]) -> Unit | None:
    """The unit that the words after a number name: a known one, `NOUN` for any other thing counted, None for words
    that change what the number says (`or more`, `only`)."""
    parts = [part.lower() for word in words for part in _WORD.findall(word)]
    if not parts or len(parts) > 12:
        return None
    known = _known(parts)
    if known is not None:
        return known
    nouns = all(part.isalpha() and part not in _NOT_NOUNS for part in parts)
    return NOUN if nouns and len(parts) <= 6 and min(map(len, parts)) > 1 else None


def _known(parts: list[str]) -> Unit | None:
    dimensions: dict[str, int] = {}
    factor = Fraction(1)
    sign, pending, last = 1, 1, ""
    for index, part in enumerate(parts):
        if part in ("degrees", "degree", "deg") and parts[index + 1 : index + 2] in (["celsius"], ["fahrenheit"]):
            continue
        if part in ("/", "per"):
            sign = -1
        elif part in ("^", "*", "of", "arc"):
            continue
        elif part in ("squared", "cubed") or (part.lstrip("-").isdigit() and index and parts[index - 1] == "^"):
            power = _POWERS.get(part) or int(part)
            if not last or abs(power) > 4:
                return None
            dimension, size = _TABLE[last]
            dimensions[dimension] += sign * (power - 1)
            factor *= size ** (sign * (power - 1))
        elif part in _POWERS:
            pending = _POWERS[part]
        elif part in _TABLE:
            dimension, size = _TABLE[part]
            dimensions[dimension] = dimensions.get(dimension, 0) + sign * pending
            factor *= size ** (sign * pending)
            last, pending = part, 1
        else:
            return None
    if "unit" in dimensions:
        return NOUN
    if litres := dimensions.pop("volume", 0):
        dimensions["length"] = dimensions.get("length", 0) + 3 * litres
    name = " ".join(f"{key}^{power}" if power != 1 else key for key, power in sorted(dimensions.items()) if power)
    return Unit((name, factor)) if name else None
