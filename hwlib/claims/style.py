"""What the claims about style transfer rest on: effects by pair of content and style, from finished runs.

A run is a `hwlib.runs.store.Run` of the task "style". Each function returns a dict, "content-style" -> `Effect`, of the
pairs that its runs have in common.
"""

from math import log

from hwlib.claims.effects import Effect
from hwlib.data.paintings import picture
from hwlib.metrics import style as measures
from hwlib.style.transfer import ends, pictures

ALIKE = 1.1
"""Two starts whose total losses differ by more than this factor have not both come to their end."""


def style_loss(few, many):
    """Style loss at much weight on the style over that at little, log ratio: below 0, more weight gives more style."""
    return _log_ratios(_losses(many, "style_loss"), _losses(few, "style_loss"))


def content_loss(few, many):
    """Content loss at much weight on the style over that at little, log ratio: above 0, the content pays for it."""
    return _log_ratios(_losses(many, "content_loss"), _losses(few, "content_loss"))


def style_distance(few, many):
    """Distance from the style outside of the network, at much weight on it over that at little, log ratio."""
    return _log_ratios(style_distances(many), style_distances(few))


def other_layers_style(default, *others):
    """Distance from the style, best of the other runs over the default, log ratio: below 0, another one has more style.

    The best is the one with the smallest mean over the pairs.
    """
    return min((_log_ratios(style_distances(run), style_distances(default)) for run in others), key=_mean)


def other_layers_structure(default, *others):
    """Structure of the content, best of the other runs minus the default: above 0, another one keeps more of it.

    Of the others that paint: those at most `ALIKE` times as far from the style. One that changes little keeps it all.
    """
    paint = [run for run in others if _mean(_log_ratios(style_distances(run), style_distances(default))) <= log(ALIKE)]
    if not paint:
        return {pair: Effect(too_early="no other layer comes as near to the style") for pair in structures(default)}
    return max((_differences(structures(run), structures(default)) for run in paint), key=_mean)


def white_structure(content_start, white_start):
    """Structure of the content, white minus content start: below 0, forms break up; too early for unlike losses."""
    effects = _differences(structures(white_start), structures(content_start))
    return _gated(effects, content_start, white_start)


def white_pieces(content_start, white_start):
    """Size of the clouds' pieces (`hwlib.metrics.style.pieces`), white over content start, log ratio: below 0, cut up.

    Of landscapes only; too early for unlike losses.
    """
    return _pieces(content_start, white_start, "size")


def white_number(content_start, white_start):
    """Number of the clouds' pieces, white over content start, log ratio: above 0, more pieces; as `white_pieces`."""
    return _pieces(content_start, white_start, "number")


def style_distances(run):
    """`hwlib.metrics.style.style_distance` of a run's pictures from their (first) styles: "content-style" -> float."""
    return _measured(run, lambda drawn, _, style: measures.style_distance(drawn, style))


def structures(run):
    """`hwlib.metrics.style.structure` of a run's pictures: "content-style" -> float."""
    return _measured(run, lambda drawn, content, _: measures.structure(drawn, content))


def cloud_pieces(run):
    """`hwlib.metrics.style.pieces` of the clouds in a run's landscapes: "content-style" -> dict."""
    found = _measured(run, lambda drawn, content, _: (drawn, content))
    return {
        pair: measures.pieces(measures.clouds(*both)) for pair, both in found.items() if pair.startswith("landscape")
    }


def _pieces(content_start, white_start, what):
    white, content = (
        {pair: one[what] for pair, one in cloud_pieces(run).items()} for run in (white_start, content_start)
    )
    return _gated(_log_ratios(white, content), content_start, white_start)


def _measured(run, measure):
    size = run.settings.get("size", 512)
    style_size = run.settings.get("style_size") or size
    return {
        "-".join(pair): measure(
            drawn, picture(pair[0], size, run.seed), picture(pair[1].split("+")[0], style_size, run.seed)
        )
        for pair, drawn in pictures(run).items()
    }


def _losses(run, name):
    return {pair: line[name] for pair, line in ends(run).items()}


def _log_ratios(a, b):
    """log(a / b) by pair; NaN where one is not above 0."""
    return {
        pair: Effect(log(a[pair] / b[pair]) if min(a[pair], b[pair]) > 0 else float("nan")) for pair in a if pair in b
    }


def _differences(a, b):
    return {pair: Effect(a[pair] - b[pair]) for pair in a if pair in b}


def _mean(effects):
    return sum(effect.value for effect in effects.values()) / len(effects)


def _gated(effects, content_start, white_start):
    """The same effects, too early where the two starts' total losses differ by more than `ALIKE`."""
    content, white = _losses(content_start, "total"), _losses(white_start, "total")
    told = "the loss from white is {:.2f} times that from the content"
    return {
        pair: Effect(effect.value, too_early=told.format(ratio) if not 1 / ALIKE <= ratio <= ALIKE else "")
        for pair, effect in effects.items()
        for ratio in [white[pair] / content[pair]]
    }
