"""What a notebook's JSON keeps of effects, so that they add up over machines (`measured.sought` takes them from there).

Notebooks keep what they measure; `settle` puts what it measured into the files that they have published.
"""

from hwlib import paths
from hwlib.claims import measured, published, table
from hwlib.claims.effects import as_json
from hwlib.experiments import JUDGES
from hwlib.runs.seeds import together
from hwlib.runs.store import described, load_images, variant, versions
from hwlib.storage import write_json


def entry(measure, found, effects, profile, data):
    """A measure's effects as a notebook's JSON has them: with their keys, and which were taken as published.

    found: where the units come from (`measured.Sought`). effects: {unit: `Effect`}, all of them.
    """
    keys = measured.keys(measure, profile, data, sorted([*found.here, *found.elsewhere]))
    kept = as_json(dict(sorted(effects.items())) if measure.units == "seeds" else effects)
    return {"meaning": measure.what, "keys": keys, "published": [*found.published]} | kept


def about(run):
    """A finished run as a JSON file has it: its record, with the versions that it was trained with."""
    record = run.record
    return {"key": run.key} | {name: record[name] for name in ("settings", "data", "result", "versions")}


def label(run, seed=0):
    """A run's name there; of another seed than the first one, with the seed."""
    return run.name if run.name in JUDGES or run.seed == seed else f"{run.name}, seed {run.seed}"


def leave(name, measure, found, effects, profile, data):
    """Put a measure's effects into its notebook's published JSON, with the runs that they are of, if they say more.

    Where it has not been published, the file holds effects alone.
    """
    setting = variant(profile, data)
    path = paths.FIGURES / setting / f"{measure.notebook}.json"
    with published.lock(setting):
        left, new = published.left(measure.notebook, profile, data), entry(measure, found, effects, profile, data)
        kept = left["effects"].get(name, {"of_units": []})
        unreadable = path.exists() and "notebook" not in left  # `published.left` has said so; it is not ours to replace
        if unreadable or not found.here or (new["keys"], new["of_units"]) == (kept.get("keys"), kept["of_units"]):
            return
        if not path.exists():
            first = dict(numbers={}, tables={}, notebook=measure.notebook, profile=profile, seed=0, seeds=0)
            left = first | {"data": described(load_images(profile, data)), "versions": versions()} | left
        runs = {label(run): about(run) for seed in found.here for run in together(measure.runs, profile, data, seed)}
        left |= {"effects": left["effects"] | {name: new}, "runs": left["runs"] | runs}
        write_json(path, published.shortly(left))


def counting(notebook, profile, data, made=None):
    """What a notebook has published, with those of its effects alone that still count here (`measured.sought`).

    made: what it left in `build/` earlier, whose units count, too, where they were not published.
    """
    left = published.left(notebook, profile, data)
    effects = {}
    for name, measure in table.measures():
        sources = [one["effects"][name] for one in (made or {}, left) if name in one.get("effects", {})]
        if measure.notebook != notebook or not sources:
            continue
        found, keys, rows = measured.sought(name, measure, profile, data), {}, {}
        for kept in sources:
            counts = measured.current(measure, kept, profile, data) & {*found.here, *found.elsewhere}
            rows |= {str(row["unit"]): row for row in measured.rows_of(measure, kept, counts)}
            keys |= kept.get("keys", {})
        in_order = sorted(rows.values(), key=lambda row: row["unit"] if measure.units == "seeds" else 0)
        effects[name] = sources[-1] | {"keys": keys, "published": [*found.published], "of_units": in_order}
    return left | {"effects": effects}
