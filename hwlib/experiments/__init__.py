"""Every training run of the project by name: a base and a small override.

`hwlib.training.gan.Settings` (for other tasks the `Settings` of their module) say what each setting means; what an
experiment does not name is as in report A.
"""

from difflib import get_close_matches

from hwlib.experiments import own, pictures, report_a, report_b, search, tips
from hwlib.experiments.profiles import LOOKS as LOOKS
from hwlib.experiments.profiles import PROFILES

TASKS = {
    "gan": "hwlib.training.gan:train",
    "classifier": "hwlib.training.tag_classifier:train",
    "colouriser": "hwlib.training.colouring:train",
    "cyclegan": "hwlib.training.cyclegan:train",
    "domains": "hwlib.training.domain_classifier:train",
    "style": "hwlib.style.transfer:train",
}

EXPERIMENTS = {
    **report_a.RUNS,
    **report_b.RUNS,
    **tips.RUNS,
    **pictures.RUNS,
    **search.RUNS,
    "tags": {
        "task": "classifier",
        "about": "Hair and eye colour read from real images; measures whether a generator follows its tags.",
    },
}
EXPERIMENTS |= own.load(EXPERIMENTS)


NO_SETTINGS = ("about", "base", "profiles")

JUDGES = ("tags", "domains")
"""Classifiers that measure other runs: there is one of each, whatever the seeds."""


def left_out(profile):
    """Experiments that a profile's time does not allow: notebooks name them, and do without."""
    scale = known(profile, PROFILES, "profile")
    return [name for name in EXPERIMENTS if name not in scale["only"]] if "only" in scale else scale.get("left_out", [])


def seeds(profile, seed=0, count=0):
    """The seeds that each experiment is trained with: `count` from `seed` on; 0 for as many as the profile has."""
    return range(seed, seed + (count or known(profile, PROFILES, "profile")["seeds"]))


def looks(profile):
    """Numbers of seeds at which a profile's claims are judged: `LOOKS`, or one number that is fixed beforehand."""
    return known(profile, PROFILES, "profile")["looks"]


def resolve(name, profile):
    """Task ("module:function"), settings (dict) and data sets of an experiment at a profile.

    The sets are ("data",), the one that the user names, unless the experiment says otherwise: ("data", "other") for a
    translation between two domains, () for a run without data, or the name of a drawn set. Raises ValueError for
    unknown names.

    Laid over each other: the experiment's bases and itself, the profile's settings for its task, the profile's settings
    for the bases and for the experiment.
    """
    scale = known(profile, PROFILES, "profile")
    line = _line_of(name)
    settings = {}
    for ancestor in line:
        settings = _merged(settings, EXPERIMENTS[ancestor])
    task = settings.pop("task")
    settings = _merged(settings, scale.get(task, {}))
    for ancestor in line:
        settings = _merged(settings, scale.get("experiments", {}).get(ancestor, {}))
        settings = _merged(settings, EXPERIMENTS[ancestor].get("profiles", {}).get(profile, {}))
    sets = settings.pop("sets", ("data",))
    return TASKS[task], {key: value for key, value in settings.items() if key not in NO_SETTINGS}, sets


def _line_of(name):
    """An experiment and its bases, the oldest first."""
    base = known(name, EXPERIMENTS, "experiment").get("base")
    return [*(_line_of(base) if base else []), name]


def _merged(base, override):
    """`override` laid over `base`. Options are merged, but those of something that is replaced go with it."""
    merged = {**base, **override}
    for key, value in merged.items():
        owner = key.removesuffix("_options")
        replaced = owner in override and override[owner] != base.get(owner)
        if owner != key and replaced:
            merged[key] = override.get(key, {})
        elif isinstance(value, dict) and key in override:
            merged[key] = {**base.get(key, {}), **value}
    return merged


def known(name, table, what):
    """`table[name]`; ValueError that names the known ones, the nearest first, where there is none."""
    if name not in table:
        raise ValueError(f'There is no {what} "{name}".{nearest(name, table)} There are: {", ".join(table)}.')
    return table[name]


def nearest(name, names):
    """' Did you mean "quick"?', for a message about a name that is not among the names; empty if none is near."""
    return "".join(f' Did you mean "{near}"?' for near in get_close_matches(str(name), names, n=1))
