"""The small search for learning rates at scaled-down profiles: each arm of a comparison gets the same few rates.

A narrow network on a short budget bears larger steps than the reports'. How much larger is chosen for each arm by one
search with one budget, on seeds kept for it (`SEEDS`), so that no arm loses because the profile broke it.
"""

ARMS = ("report-a", "report-a-basic", "dcgan", "wgan", "wgan-gp", "wgan-gp-paper", "lsgan", "simple")
RATES = (1.0, 3.0, 10.0)
"""Times the report's own rate."""
SEEDS = (1000, 1001)


def name_of(arm, rate):
    """The search's experiment of an arm at so many times the report's rate: "dcgan-search-3"."""
    return f"{arm}-search-{rate:g}"


RUNS = {
    name_of(arm, rate): {"base": arm, "about": f"Search for a learning rate: {rate:g} times the report's."}
    for arm in ARMS
    for rate in RATES
}


def scaled(steps=None, others=()):
    """What a profile lays over them after its own choice for the arm: the rate, and steps if these are told.

    `others`: {arm: steps} of the arms that get another number.
    """
    each = {arm: {"steps": dict(others).get(arm, steps)} if steps else {} for arm in ARMS}
    return {name_of(arm, rate): each[arm] | {"learning_rate_scale": rate} for arm in ARMS for rate in RATES}
