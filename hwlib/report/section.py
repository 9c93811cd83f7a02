"""One notebook as a section of the report: its runs, and the figures, tables and numbers that it leaves.

Figures and numbers go to `build/figures/<variant>`, each with a JSON file that says what it was made from; only
`make report` puts them under `figures/`, after the whole notebook has run (`hwlib.report.publishing`).
"""

import io
import re
from dataclasses import replace
from functools import cached_property

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from PIL import Image

from hwlib import paths
from hwlib.claims import ledger, measured, published, rule, table
from hwlib.data import DRAWN
from hwlib.experiments import JUDGES, PROFILES, known, looks, seeds
from hwlib.report.evidence import standing
from hwlib.report.publishing import LARGEST
from hwlib.runs import sources
from hwlib.runs.evaluation import NOT_MEASURING, evaluator
from hwlib.runs.seeds import seeds_shown, together
from hwlib.runs.store import described, get, load_images, variant, versions
from hwlib.storage import encoded, write_bytes, write_json


class Section:
    """The parameters of a notebook, and what it shows under them.

    Args:
        name: of the notebook, as "01-model".
        seed, seeds: the first seed, and how many are used; 0 for as many as the profile has.
    """

    def __init__(self, name, profile="quick", data="avatars", seed=0, seeds=0):
        self.name, self.profile, self.data, self.seed, self.seeds = name, profile, data, seed, seeds
        self.out = paths.BUILD / "figures" / variant(profile, data, seed, seeds)
        self.runs, self.numbers, self.effects, self.published, self.tables = {}, {}, {}, {}, {}

    @property
    def images(self):
        """The data set (`hwlib.data.ImageSet`)."""
        return load_images(self.profile, self.data)

    @property
    def conditions(self):
        """One line for captions: how large, on which data."""
        size = PROFILES[self.profile]["image_size"]
        width = PROFILES[self.profile]["gan"].get("width", 1)
        scale = "full width" if width == 1 else f"width {width:g}"
        faces = "drawn faces" if self.data in DRAWN else self.images.about["data"]
        return f"Profile {self.profile}: {size}×{size}, {scale}, {faces}."

    def run(self, name, seed=None):
        """The finished run of an experiment; what is shown afterwards counts as made from it."""
        seed = 0 if name in JUDGES else self.seed if seed is None else seed
        run = get(name, self.profile, self.data, seed)
        self.runs[ledger.label(run, self.seed)] = run
        return run

    @cached_property
    def evaluator(self):
        """What measures this section's runs (`hwlib.runs.evaluation.Evaluator`), the tag classifier included.

        ValueError where its code was edited since this process began.
        """
        sources.refuse_edited(sources.depends_on({"hwlib.runs.evaluation"}, without=NOT_MEASURING), "What measures")
        found = evaluator(self.profile, self.data)
        if found.classifier:
            self.run("tags")
        return found

    @property
    def asked_seeds(self):
        """The seeds that are trained where they are missing."""
        return seeds(self.profile, self.seed, self.seeds)

    def repeated(self, name):
        """The finished runs of an experiment, a list: with the seeds that were asked for, and whichever else there are.

        Empty for an experiment that the profile leaves out and nobody has trained.
        """
        return [self.run(name, s) for s in seeds_shown(name, self.profile, self.data, self.asked_seeds)]

    def trained(self, names):
        """The same of several, {label: list of runs}, without those that there are none of; names: {label: name}."""
        found = {label: self.repeated(name) for label, name in names.items()}
        return {label: runs for label, runs in found.items() if runs}

    def claim(self, *ids):
        """Measure claims with every seed there is, keep the effects, and show them in a table.

        The table is not kept: `settle` may add effects to these, and what follows of all is in 08-verdicts.json.
        Only measures that name this notebook. `hwlib.claims` has the functions that measure; claims.toml names them.
        ValueError for an id that no claim has, or one that is measured elsewhere.
        """
        rows, origins, claims = [], [], {claim.id: claim for claim in table.measured_here()}
        for claim in (known(name, claims, "claim") for name in ids):
            here = [one for one in claim.measures if one.notebook == self.name]
            if not here:
                raise ValueError(f"{claim.id} is measured in {claim.notebook}, not in {self.name}; see claims.toml.")
            for measure in here:
                found, effects = self._effects(f"{claim.id} {measure.name}", measure)
                finding = rule.judge(measure, effects, looks(self.profile))
                if finding.verdict == "not run":
                    finding = replace(finding, reason=rule.why_not_run(measure, self.profile, self.data))
                rows.append(standing(claim, replace(finding, published=len(found.published))))
                origins.append(found)
        header = ["claim", "units", "effect", "the claim expects", "verdict"]
        caption = f"What {', '.join(ids)} {'rests' if len(ids) == 1 else 'rest'} on: mean effect and its interval."
        caption += " As published: trained elsewhere, under the same keys." * any(one.published for one in origins)
        others = " Some that are published are of other code, settings or versions, and do not count."
        caption += others * any(one.stale for one in origins)
        self.table(f"claim-{'-'.join(ids).lower()}", caption, header, rows, kept=False)

    def _effects(self, name, measure):
        """Where a measure's units come from (`measured.Sought`), and its effects, {unit: Effect}."""
        where = self.profile, self.data
        found = measured.sought(name, measure, *where, self.asked_seeds)
        for run in (run for seed in found.here for run in together(measure.runs, *where, seed)):
            self.run(run.name, run.seed)
        effects = found.published | measured.effects(measure, *where, found.here)
        for run, about in measured.published_runs(measure, *where, found.elsewhere).items():
            self.published[ledger.label(run, self.seed)] = about
        self.effects[name] = ledger.entry(measure, found, effects, *where)
        self._keep()
        return found, effects

    def savefig(self, name, caption, width=1.0, scaled=True, originals=False):
        """Keep the current figure as `<number>-<name>`, show it with its caption, and close it.

        Pictures become PNG, drawings SVG; in the notebook pictures are SVG, too, with their pixels as they are. `width`
        is the share of the text width that it takes in the report. The caption ends with the conditions, unless the
        figure depends on no profile (`scaled=False`). One with `originals`, images of the data set, is published only
        where these are drawn: others may not be passed on.
        """
        figure, (name, caption) = plt.gcf(), self._titled(name, caption, scaled)
        raster = any(axes.images for axes in figure.axes)
        drawn = _drawn(figure, "png") if raster else _hundredths(_drawn(figure, "svg").decode()).encode()
        self._note(name, caption, originals)  # first: without it a picture counts as one that may be passed on
        write_bytes(self.out / f"{name}.{'png' if raster else 'svg'}", drawn)
        forms = {"image/png": drawn} if raster else {}
        forms["image/svg+xml"] = _with_pixels(figure) if raster else drawn.decode()
        plt.close(figure)
        self._show(forms, f"[{name}] {caption}", name, caption, width=width)

    def save_gif(self, name, frames, caption, originals=False):
        """Keep pictures uint8 [n, h, w, 3] as the animation `<number>-<name>.gif`, the last shown longer, and show it.

        The notebook shows it, the report does not. Of too many frames every second one goes, the last never.
        `originals` is as in `savefig`.
        """
        palette = Image.fromarray(np.concatenate(frames)).quantize(128)  # one for all: what stays is stored once
        pictures = [Image.fromarray(f).quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
        while True:
            pauses = [400] * (len(pictures) - 1) + [3000]
            moving = encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=pauses, loop=0)
            if len(moving) <= LARGEST or len(pictures) == 1:
                break
            pictures = pictures[-1::-2][::-1]
        name, caption = self._titled(name, caption)
        self._note(name, caption, originals)
        write_bytes(self.out / f"{name}.gif", moving)
        self._show({"image/gif": moving}, f"[{name}] {caption}", name, caption)

    def table(self, name, caption, header, rows, scaled=True, kept=True):
        """Show rows (sequences of anything) as a Markdown table, and keep them in the notebook's JSON as shown.

        Columns of numbers are set to the right. `scaled` is as in `savefig`.
        """
        rows = [[_cell(value) for value in row] for row in rows]
        right = [all(row[i][:1] in "-–0123456789" for row in rows) for i in range(len(header))]
        lines = [header, ["---:" if r else ":---" for r in right], *rows]
        text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
        name, caption = self._titled(name, caption, scaled)
        if kept:
            self.tables[name] = {"caption": caption, "header": [*header], "rows": rows}
            self._keep()
        self._show({"text/markdown": text}, text, name, caption)

    def number(self, name, value, meaning, **more):
        """Keep one measured number in the notebook's JSON, for the report and the claims; returns it.

        `more` says how sure it is: sample size, interval, spread.
        """
        value = value.item() if hasattr(value, "item") else value
        self.numbers[name] = {"value": value, "meaning": meaning} | more
        self._keep()
        return value

    def _note(self, name, caption, originals):
        """Keep beside a figure what it was made from, and whether it must stay on this machine."""
        sets = [self.data, *(one for run in self.runs.values() for one in run.sets)]
        local = {"local": True} if originals and not all(one in DRAWN for one in sets) else {}
        write_json(self.out / f"{name}.json", published.shortly({"caption": caption} | local | self._made_from()))

    def _keep(self):
        kept = {"numbers": self.numbers, "effects": self.effects, "tables": self.tables} | self._made_from()
        kept |= {"runs": self.published | kept["runs"]}
        write_json(self.out / f"{self.name}.json", published.shortly(kept))

    def _titled(self, name, caption, scaled=True):
        return f"{self.name.split('-')[0]}-{name}", f"{caption} {self.conditions}" if scaled else caption

    def _show(self, forms, text, name, caption, **more):
        """Display a figure or table and, as an output of its own that the report leaves out, its caption.

        forms: {mime type: content}, the same in each.
        """
        kind, label, above = ("Table", "tbl", 0) if "text/markdown" in forms else ("Figure", "fig", 75)
        # Whoever follows a link sees the figure above its caption, too.
        target = f'<a id="{label}-{name}" style="scroll-margin-top: {above}vh"></a>'
        words = {"text/markdown": f"{target}**{kind} {name}.** {caption}", "text/plain": caption}
        shown = [
            (forms | {"text/plain": text}, {"name": name, "caption": caption} | more),
            (words, {"caption_of": name}),
        ]
        for data, about in shown[::-1] if kind == "Table" else shown:
            display(data, raw=True, metadata={"hwlib": about})

    def _made_from(self):
        """Each run as its record has it, with the versions it was trained with; the other ones drew the figure."""
        return {
            "notebook": self.name,
            "profile": self.profile,
            "seed": self.seed,
            "seeds": self.seeds,
            "data": described(self.images),
            "runs": {name: ledger.about(run) for name, run in self.runs.items()},
            "versions": versions(),
        }


def _drawn(figure, form):
    """A figure as the bytes of a file, which does not say when and by what it was drawn."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, metadata=dict.fromkeys(["Software"] if form == "png" else ["Date", "Creator"]))
    return buffer.getvalue()


def _hundredths(svg):
    """A drawing with its coordinates cut to a hundredth of their unit, a point at most: a smaller file."""
    return re.sub(r"\b([1-9]\d*\.\d\d)\d{3,}", r"\1", svg)


def _with_pixels(figure):
    """A figure as SVG whose pictures are stored pixel by pixel, as they were given, and sharp at any size."""
    for picture in (picture for axes in figure.axes for picture in axes.images):
        picture.set_interpolation("none")
    return _drawn(figure, "svg").decode()


def _cell(value):
    return f"{value:.3g}" if isinstance(value, float) else str(value).replace("|", "\\|")
