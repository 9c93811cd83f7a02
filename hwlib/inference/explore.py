"""Faces for chosen colours in a running notebook: what `report/play.html` does, with ipywidgets."""

import os
from dataclasses import replace
from functools import cache

import numpy as np
from PIL import Image, ImageOps

from hwlib.data import EYES, HAIR, DataError, tags
from hwlib.inference import generation
from hwlib.storage import encoded

STARTS = ("report-a", "report-a-conv")
TRANSLATION = "cyclegan"
SIDE = 192
"""Of one face on the screen, in pixels, or a little less."""


def explorer(run):
    """Menus to draw with a finished conditional run, and with report A's other start and the CycleGAN if trained.

    run: a `hwlib.runs.store.Run`. Returns an ipywidgets widget; None where nobody is there to use it (papermill, tests)
    or ipywidgets is missing (`pip install 'hwlib[explore]'`).
    """
    if "JPY_SESSION_NAME" not in os.environ:  # set by Jupyter for a notebook that a person has open
        return None
    try:
        return Explorer(run).view
    except ImportError:
        print("The menus need ipywidgets: install 'hwlib[explore]'.")
        return None


class Explorer:
    """The widgets, and what each of them draws; `view` holds them all."""

    def __init__(self, run):
        import ipywidgets as widgets

        others = [replace(run, name=name) for name in STARTS if name != run.name] if run.name in STARTS else []
        self.runs = [run, *(other for other in others if other.finished)]
        self.words = widgets.Text("blue hair red eyes", description="in words", continuous_update=False)
        self.hair = widgets.Dropdown(options=HAIR, value="blue", description="hair")
        self.eyes = widgets.Dropdown(options=EYES, value="red", description="eyes")
        self.noise = widgets.BoundedIntText(1, 0, 9999, description="noise")
        self.new = widgets.Button(description="New noise")
        self.weights = widgets.ToggleButtons(options=["averaged", "raw"], description="weights")
        self.generator = widgets.Dropdown(options=[one.name for one in self.runs], description="below")
        self.told = widgets.Label()
        self.text, self.model = tags.parse(self.words.value), cache(lambda run, name, raw: run.model(name, raw=raw))
        self.faces = [widgets.Image() for _ in self.runs]
        names = [widgets.Label(one.name) for one in self.runs]
        labelled = [widgets.VBox(both) for both in zip(self.faces, names, strict=True)]
        below = {"Walk": self._walk(widgets), "All colours": self._grid(widgets), "Training": self._training(widgets)}
        cyclegan = replace(run, name=TRANSLATION)
        if cyclegan.finished:
            below["Translation"] = self._translation(widgets, cyclegan)
        self.tabs = widgets.Tab(list(below.values()), titles=list(below))
        noise = widgets.HBox([self.noise, self.new])
        choices = widgets.VBox([self.words, self.hair, self.eyes, noise, self.weights, self.told])
        self.view = widgets.VBox([widgets.HBox([*labelled, choices]), self.generator, self.tabs])
        self.words.observe(self._named, "value")
        for menu in (self.hair, self.eyes):
            menu.observe(self._chosen, "value")
        for menu in (self.noise, self.weights, self.generator):
            menu.observe(self._draw, "value")
        self.new.on_click(lambda _: setattr(self.noise, "value", int(np.random.default_rng().integers(10_000))))
        self._draw()

    def drawn(self, run, latents, texts):
        """Images of latents and texts, by the weights that are chosen: uint8 [n, h, w, 3]."""
        generator = self.model(run, "generator", self.weights.value == "raw")
        return generation.images(generator, run.settings, latents, texts)

    def latent(self, run, noise):
        """The latent of a number, float32 [latent_dim]."""
        return generation.latents(run.settings, 1, noise)[0]

    @property
    def run(self):
        """The run that the tabs draw with."""
        return self.runs[self.generator.index]

    def _named(self, _):
        try:
            self.text, self.told.value = tags.parse(self.words.value), ""
        except DataError as error:
            self.told.value = str(error)
            return
        for menu, named in zip((self.hair, self.eyes), tags.decode(self.text), strict=True):
            menu.unobserve(self._chosen, "value")  # by a menu alone one cannot say "blue green hair"
            menu.value = named[0] if len(named) == 1 else menu.value
            menu.observe(self._chosen, "value")
        self._draw()

    def _chosen(self, _):
        self.words.value = f"{self.hair.value} hair {self.eyes.value} eyes"

    def _face(self, run):
        return self.drawn(run, [self.latent(run, self.noise.value)], [self.text])

    def _draw(self, _=None):
        for face, run in zip(self.faces, self.runs, strict=True):
            face.value = png(self._face(run))
        self._show_walk()
        self._show_moment()

    def _walk(self, widgets):
        self.ends = [(tags.parse("blue hair red eyes"), 1), (tags.parse("blonde hair green eyes"), 2)]
        self.way = widgets.FloatSlider(0.5, min=0, max=1, step=0.05, description="way", continuous_update=False)
        self.between, self.end_names = widgets.Image(), widgets.Label()
        self.takes = [widgets.Button(description=f"Face above as {end}") for end in ("first", "last")]
        for i, take in enumerate(self.takes):
            take.on_click(lambda _, i=i: self._take(i))
        self.way.observe(self._show_walk, "value")
        return widgets.VBox([self.between, self.end_names, self.way, widgets.HBox(self.takes)])

    def _take(self, i):
        self.ends[i] = (self.text, self.noise.value)
        self._show_walk()

    def _show_walk(self, _=None):
        (first, a), (last, b) = ((text, self.latent(self.run, noise)) for text, noise in self.ends)
        steps = [0, round(20 * self.way.value), 20]
        latents = generation.great_circle(a, b, 21)[steps]
        texts = [first + t / 20 * (last - 1.0 * first) for t in steps]
        self.between.value = png(self.drawn(self.run, latents, texts), 3)
        self.end_names.value = " – ".join(f"{named(text)}, noise {noise}" for text, noise in self.ends)

    def _grid(self, widgets):
        self.all, self.draw_all = widgets.Image(), widgets.Button(description="Draw all 132")
        self.draw_all.on_click(self._show_grid)
        return widgets.VBox([self.draw_all, self.all])

    def _show_grid(self, _):
        texts = tags.grid()
        latents = np.repeat([self.latent(self.run, self.noise.value)], len(texts), axis=0)
        self.all.value = png(self.drawn(self.run, latents, texts), len(HAIR), SIDE // 4)

    def _training(self, widgets):
        self.moment, self.samples = widgets.SelectionSlider(options=[0], description="step"), widgets.Image()
        self.moment.observe(self._show_samples, "value")
        return widgets.VBox([self.moment, self.samples])

    def _show_moment(self):
        self.kept = self.run.samples(raw=self.weights.value == "raw")
        if tuple(self.kept) != self.moment.options:
            self.moment.options, self.moment.value = tuple(self.kept), max(self.kept)
        self._show_samples()

    def _show_samples(self, _=None):
        if self.moment.value in self.kept:
            self.samples.value = png(self.kept[self.moment.value], len(HAIR), SIDE // 4)

    def _translation(self, widgets, run):
        from hwlib.training.cyclegan import COLUMNS

        samples = run.samples()
        self.cyclegan, self.held_out = run, samples[max(samples)][: 2 * COLUMNS]
        names = [f"{one['data']} {i + 1}" for one in run.record["data"] for i in range(COLUMNS)]
        self.picture = widgets.Dropdown(options=[*names, "the face above"], description="face")
        self.rows, again = widgets.Image(), widgets.Button(description="Translate again")
        self.picture.observe(self._translate, "value")
        again.on_click(self._translate)
        self._translate()
        return widgets.VBox([self.picture, again, self.rows])

    def _translate(self, _=None):
        from hwlib.training.cyclegan import Settings, translated

        run, i = self.runs[0], self.picture.index
        above = i == len(self.held_out)
        image = self._face(run) if above else self.held_out[i : i + 1]
        there = ("a_to_b", "b_to_a") if above or i < len(self.held_out) // 2 else ("b_to_a", "a_to_b")
        shown, value_range = [image], Settings(**self.cyclegan.settings).value_range
        for name in there:
            shown.append(translated(self.model(self.cyclegan, name, False), shown[-1], value_range))
        self.rows.value = png(np.concatenate(shown), 3)


def named(text):
    """The words of a text vector [24], as in "blue hair red eyes"."""
    parts = zip(tags.decode(text), ("hair", "eyes"), strict=True)
    return " ".join(word for colours, part in parts if colours for word in (*colours, part))


def sheet(images, columns=1):
    """Images uint8 [n, h, w, 3] in rows of so many, as one picture."""
    n, height, width, channels = images.shape
    rows = images.reshape(n // columns, columns, height, width, channels).swapaxes(1, 2)
    return Image.fromarray(rows.reshape(-1, columns * width, channels))


def png(images, columns=1, side=SIDE):
    """Images uint8 [n, h, w, 3] in rows of so many, each enlarged to about `side` pixels, as the bytes of a PNG."""
    times = max(1, side // images.shape[1])
    return encoded(ImageOps.scale(sheet(images, columns), times, Image.Resampling.NEAREST), "PNG")
