"""Figures that several notebooks draw: grids of images, curves, networks. One style for all.

Each function draws into a new matplotlib figure and returns it; `hwlib.report.section.Section.savefig` keeps it.
"""

import re
from itertools import groupby
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from hwlib.data import tags

WIDTH = 6.5
"""Inches: the report's text width."""

plt.style.use(Path(__file__).with_name("hwlib.mplstyle"))


def tiled(images, columns):
    """uint8 [n, h, w, 3] as one white-gapped picture uint8 [H, W, 3], row by row."""
    tiles = np.pad(images, [(0, -len(images) % columns), (0, 1), (0, 1), (0, 0)], constant_values=255)
    rows = tiles.reshape(-1, columns, *tiles.shape[1:]).swapaxes(1, 2)
    return rows.reshape(-1, columns * tiles.shape[2], 3)[:-1, :-1]


def image_grid(images, columns, row_labels=(), column_labels=(), width=WIDTH):
    """Images uint8 [n, h, w, 3] in rows of `columns`, with labels at the left and on top."""
    n, tile_height, tile_width = images.shape[:3]
    rows = -(-n // columns)
    height = width * rows * tile_height / (columns * tile_width)
    figure, axes = plt.subplots(figsize=(width, height))
    axes.imshow(tiled(images, columns))
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False, pad=2)
    at = [i * (tile_width + 1) + tile_width / 2 for i in range(columns)]
    axes.set_xticks(at[: len(column_labels)], column_labels, rotation=45 if len(column_labels) > 8 else 0)
    at = [i * (tile_height + 1) + tile_height / 2 for i in range(rows)]
    axes.set_yticks(at[: len(row_labels)], row_labels)
    for _ in range(3):  # the room that labels leave depends on the height, and the height on that room
        figure.draw_without_rendering()
        room, taken = axes.get_position(original=True), axes.get_position()
        height *= 1 + taken.height * room.width / taken.width - room.height
        figure.set_size_inches(width, height)
    return figure


def tag_grid(images):
    """132 images of `tags.grid()` as report A shows them: 11 eye colours (rows) by 12 hair colours (columns)."""
    figure = image_grid(images, len(tags.HAIR), tags.EYES, tags.HAIR)
    figure.axes[0].set_ylabel("eyes")
    figure.axes[0].set_xlabel("hair")
    figure.axes[0].xaxis.set_label_position("top")
    return figure


def tag_grids(of_titles):
    """Two or more such grids side by side, with few labels: {title: 132 images}."""
    figure, all_axes = plt.subplots(1, len(of_titles), figsize=(WIDTH, WIDTH / len(of_titles)), squeeze=False)
    for axes, (title, images) in zip(all_axes[0], of_titles.items(), strict=True):
        axes.imshow(tiled(images, len(tags.HAIR)))
        axes.set(title=title, xlabel="hair colours", ylabel="eye colours", xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    return figure


def spectra(name, reference, others):
    """A mean spectrum (the mean brightness in the middle), and how others differ from it: decades, from -1 to 1.

    reference: uint8 [n, s, s, 3], `name` its title; others: {title: uint8 [m, s, s, 3]}. Circles mark the
    frequencies of periods of 2 and 4 pixels along the axes and diagonals.
    """
    size, columns = reference.shape[1], 1 + len(others)
    base = _log_spectrum(reference)
    figure, all_axes = plt.subplots(1, columns, figsize=(WIDTH, 1.2 * WIDTH / columns), squeeze=False)
    places = np.array([(x, y) for x in (0, 1, 2, 3) for y in (0, 1, 2, 3) if (x, y) != (2, 2)]) * size / 4
    for axes, (title, images) in zip(all_axes[0], {name: reference, **others}.items(), strict=True):
        if images is reference:
            axes.imshow(base, cmap="gray")
        else:
            axes.imshow(_log_spectrum(images) - base, cmap="RdBu_r", vmin=-1, vmax=1)
        axes.scatter(*places.T, s=14, facecolors="none", edgecolors="black", linewidths=0.5)
        axes.set(title=title, xticks=[], yticks=[])
    return figure


def _log_spectrum(images):
    size = images.shape[1]
    window = np.outer(*[np.hanning(size + 1)[:-1]] * 2)
    gray = images.mean(-1)
    power = np.abs(np.fft.fft2((gray - gray.mean((1, 2), keepdims=True)) * window)) ** 2
    return np.log10(np.fft.fftshift(power.mean(0)) + 1)


def samples_over_training(samples, chosen):
    """Rows of the same latents and texts at each kept step; `samples` as `Run.samples` gives, `chosen` columns."""
    images = np.concatenate([drawn[chosen] for drawn in samples.values()])
    steps = [f"step {step:,}" for step in samples]
    return image_grid(images, len(chosen), steps)


def curves(history, panels):
    """Columns of a training history over the images seen; `panels` is {title: {label: column}}."""
    return histories(dict.fromkeys(panels, history), panels)


def histories(of_panels, panels, log=False):
    """The same with a history for each panel: `of_panels` is {title: history}."""
    figure, all_axes = plt.subplots(1, len(panels), figsize=(WIDTH, 2.3), squeeze=False)
    alike = len({tuple(columns) for columns in panels.values()}) == 1
    for axes, (title, columns) in zip(all_axes[0], panels.items(), strict=True):
        history = of_panels[title]
        for label, column in columns.items():
            axes.plot([line["images"] for line in history], [line[column] for line in history], label=label)
        axes.set(title=title, xlabel="images seen", yscale="log" if log else "linear")
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.locator_params(axis="x", nbins=5)  # as many at any width: the layout may change it after it has made room
        if len(columns) > 1 and not alike:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=2)
    if alike and len(columns) > 1:
        _legend(figure)
    return figure


def bands(panels, x_labels, y_label="", log=False):
    """Curves of several seeds each: their mean, and a band from the lowest to the highest, over a logarithmic x axis.

    panels: {title: {label: [(x, y), ...]}}, one (x, y) a seed, of one length; x_labels: one a panel. With `y_label` the
    panels share their y axis, without it each has its own and its title says what it is. Of more than one seed the
    legend says the number.
    """
    figure, all_axes = plt.subplots(1, len(panels), figsize=(WIDTH, 2.4), squeeze=False, sharey=bool(y_label))
    for axes, x_label, (title, curves_) in zip(all_axes[0], x_labels, panels.items(), strict=True):
        for label, seeds in curves_.items():
            x, y = np.mean([seed[0] for seed in seeds], axis=0), np.array([seed[1] for seed in seeds])
            label += f" ({len(seeds)} seeds)" if len(seeds) > 1 else ""
            axes.plot(x, y.mean(0), marker="o", markersize=2.5, label=label)
            axes.fill_between(x, y.min(0), y.max(0), alpha=0.2, linewidth=0)
        axes.set(title=title, xlabel=x_label, xscale="log", yscale="log" if log else "linear")
        if not log and axes.dataLim.y0 >= 0:
            axes.set_ylim(bottom=max(0.0, axes.get_ylim()[0]))
        decades = np.log10(axes.dataLim.x1 / axes.dataLim.x0)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades * len(panels) <= 7 else (1,)))
        axes.xaxis.set_major_formatter(EngFormatter(sep=""))
        axes.xaxis.set_minor_formatter(NullFormatter())
    all_axes[0][0].set_ylabel(y_label)
    _legend(figure)
    return figure


def level(value):
    """A dotted line across all panels of the current figure."""
    for axes in plt.gcf().axes:
        axes.axhline(value, color="black", linestyle=":", linewidth=0.8)


def histograms(values, x_label):
    """Distributions of several arrays side by side, on a logarithmic scale of counts: {title: array of any shape}."""
    figure, all_axes = plt.subplots(1, len(values), figsize=(WIDTH, 1.7), squeeze=False, sharey=True)
    for axes, (title, array) in zip(all_axes[0], values.items(), strict=True):
        axes.hist(np.ravel(array), bins=60, log=True)
        axes.set(title=title, xlabel=x_label)
    all_axes[0][0].set_ylabel("weights")
    return figure


def confusion(panels):
    """Confusion matrices side by side; each is (title, names, shares [named, seen]), rows adding up to 1."""
    figure, all_axes = plt.subplots(1, len(panels), figsize=(WIDTH, 3.1), squeeze=False)
    for axes, (title, names, shares) in zip(all_axes[0], panels, strict=True):
        drawn = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.set(title=title, xlabel="seen", ylabel="named in the text")
        axes.set_xticks(range(len(names)), names, rotation=90)
        axes.set_yticks(range(len(names)), names)
        axes.grid(False)
    figure.colorbar(drawn, ax=all_axes[0].tolist(), shrink=0.7, label="share")
    return figure


def bars(panels, y_label):
    """Panels side by side; each is (title, names, heights)."""
    figure, all_axes = plt.subplots(1, len(panels), figsize=(WIDTH, 1.9), squeeze=False)
    for axes, (title, names, heights) in zip(all_axes[0], panels, strict=True):
        axes.bar(names, heights)
        axes.set_title(title)
        axes.tick_params(axis="x", rotation=60, length=0)
        axes.grid(axis="x", visible=False)
    all_axes[0][0].set_ylabel(y_label)
    return figure


def losses(lines_of, panels):
    """Columns of optimisations over others, logarithmic: {label: lines of history}, {title: (x, y)}."""
    figure, all_axes = plt.subplots(1, len(panels), figsize=(WIDTH, 2.2), squeeze=False)
    for axes, (title, (x, y)) in zip(all_axes[0], panels.items(), strict=True):
        for label, lines in lines_of.items():
            shown = [line for line in lines if line[y] > 0]
            axes.plot([line[x] for line in shown], [line[y] for line in shown], label=label)
        axes.set(title=title, xlabel=x, yscale="log")
    _legend(figure)
    return figure


def _legend(figure):
    """One legend for panels with the same labels, below them, where it hides no line."""
    lines, labels = figure.axes[0].get_legend_handles_labels()
    columns = 100 // (5 + max(map(len, labels), default=0))  # a line of text has 100 characters, a label's line 5
    figure.legend(lines, labels, loc="outside lower center", ncols=min(5, len(labels), columns))


def weighted_layers(model):
    """Layers with weights, sub-models opened, in the order of the network."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from weighted_layers(layer)
        elif layer.weights:
            yield layer


def layer_rows(model):
    """Rows of a table: layer, filters or units, kernel, stride, output, initialiser, parameters."""
    for layer in weighted_layers(model):
        size = layer.filters if hasattr(layer, "filters") else getattr(layer, "units", "")
        kernel = "×".join(map(str, layer.kernel_size)) if hasattr(layer, "kernel_size") else ""
        stride = str(layer.strides[0]) if hasattr(layer, "strides") else ""
        name = type(layer.kernel_initializer).__name__ if hasattr(layer, "kernel_initializer") else ""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        shape = "×".join(str(n) for n in layer.output.shape[1:])
        yield type(layer).__name__, size, kernel, stride, shape, name, f"{layer.count_params():,}"


def networks(*models, norms=True):
    """Networks drawn one below the other: a box per layer with weights, as high as its map, labelled with its shape.

    Layers in a row that look the same become one box with their number; `norms=False` leaves normalisations out.
    """
    figure, all_axes = plt.subplots(len(models), 1, figsize=(WIDTH, 1.75 * len(models)), squeeze=False)
    for axes, model in zip(all_axes[:, 0], models, strict=True):
        inputs = "\n".join(f"{t.name} {'×'.join(map(str, t.shape[1:]))}" for t in model.inputs)
        boxes = [(inputs, model.inputs[0].shape[1:], "#f0e6d2")]
        shown = [layer for layer in weighted_layers(model) if norms or hasattr(layer, "kernel")]
        for (name, shape), same in groupby((_short(layer), layer.output.shape[1:]) for layer in shown):
            n = len(list(same))
            boxes.append((name + f"\n{n} times" * (n > 1), shape, "#d7e6f2"))
        for x, (name, shape, colour) in enumerate(boxes):
            side = shape[0] if len(shape) == 3 else 1
            height = 0.25 + 0.75 * np.log2(side + 1) / np.log2(129)
            box = (x - 0.32, -height / 2), 0.64, height
            style = {"boxstyle": "round,pad=0,rounding_size=0.04", "fc": colour, "ec": "#555555", "lw": 0.7}
            axes.add_patch(FancyBboxPatch(*box, **style))
            turn = 90 if height > 0.55 else 0
            axes.text(x, 0, "×".join(map(str, shape)), ha="center", va="center", rotation=turn, fontsize=6)
            axes.text(x, -0.58, name, ha="center", va="top", fontsize=6)
            if x:
                arrow = {"arrowstyle": "-|>", "lw": 0.7, "color": "#555555"}
                axes.annotate("", (x - 0.34, 0), (x - 0.66, 0), arrowprops=arrow)
        axes.set(xlim=(-0.6, len(boxes) - 0.4), ylim=(-0.95, 0.6))
        axes.set_title(f"{model.name}: {model.count_params():,} parameters")
        axes.axis("off")
    return figure


def _short(layer):
    names = {"Conv2D": "Conv", "Conv2DTranspose": "ConvT", "UpsampledConv2D": "×2, Conv"}
    names["BatchNormalization"] = "BatchNorm"
    name = names.get(type(layer).__name__, type(layer).__name__)
    if not hasattr(layer, "kernel_size"):
        return f"{name}\nof the text" if layer.name == "embedding" else name
    kernel = f"{layer.kernel_size[0]}×{layer.kernel_size[1]}"
    return f"{name} {kernel}\nstride {layer.strides[0]}"
