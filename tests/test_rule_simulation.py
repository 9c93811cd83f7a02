"""The rule, simulated: how often its verdicts are wrong, and how often it reaches one. As a script: a table."""

import numpy as np
import pytest
from made_up_results import measure

from hwlib import experiments
from hwlib.claims import intervals
from hwlib.claims import rule as claims
from hwlib.claims.effects import Effect
from hwlib.claims.rule import judge, place

ROUNDS = 2000
LOOKS = experiments.LOOKS
FIXED = experiments.looks("study")
SMALLEST = 0.5
"""The smallest effect that matters, in standard deviations between units."""


def drawn(effect, rounds=ROUNDS, seed=0):
    """Effects of 20 units, float64 [rounds, 20], of standard deviation 1 around a true effect."""
    return np.random.default_rng(seed).normal(effect, 1, (rounds, LOOKS[-1]))


def told(values, direction="more", looks=LOOKS, smallest=SMALLEST):
    """Verdicts of a measure at each look, array [looks, rounds] of texts: what `judge` does, for many at a time."""
    found, asked = [], measure(direction, smallest)
    for n in looks:
        part = values[:, :n]
        reach = intervals.reach(part.std(1, ddof=1), n, 1 - claims.ERROR / len(looks))
        mean = part.mean(1)
        ends = zip(mean - reach, mean + reach, strict=True)
        found.append([place(low, high, asked) for low, high in ends])
    return np.array(found)


def ever(verdicts, wrong):
    """Share of rounds with a verdict that begins with one of `wrong` at any look."""
    return np.any([np.char.startswith(verdicts, one).any(0) for one in wrong], 0).mean()


def at_most(share, rounds=ROUNDS):
    """A bound that a share is above by chance in one case of 1,000."""
    return share + 3.1 * np.sqrt(share * (1 - share) / rounds)


def errors(looks=LOOKS):
    """Rows of what is true, the claim, and the share of rounds with a wrong verdict at any look."""
    cases = [
        ("no effect", 0.0, "more", SMALLEST, ("reproduced", claims.OPPOSITE)),
        ("no effect, any matters", 0.0, "more", 1e-6, ("reproduced", claims.OPPOSITE)),
        ("just outside the region", SMALLEST - 1e-9, "more", SMALLEST, ("reproduced", claims.OPPOSITE)),
        ("just inside the region", SMALLEST, "more", SMALLEST, ("contradicted",)),
        ("just outside the region", SMALLEST + 1e-9, "alike", SMALLEST, ("reproduced",)),
        ("just inside the region", SMALLEST - 1e-9, "alike", SMALLEST, ("contradicted",)),
        ("just outside the region", SMALLEST + 1e-9, "not more", SMALLEST, ("reproduced",)),
        ("the opposite", -2.0, "more", SMALLEST, ("reproduced", claims.NONE)),
    ]
    for i, (true, effect, direction, smallest, wrong) in enumerate(cases):
        yield true, direction, ever(told(drawn(effect, seed=i), direction, looks, smallest), wrong)


def power():
    """Inside of the region by 0, 1 and 2 standard deviations -> shares reproduced with 3, 5, 8, 12, 20 units where one
    of these numbers is fixed beforehand, and at each look of those where seeds are added."""
    for inside in (0, 1, 2):
        values = drawn(SMALLEST + inside, seed=10 + inside)
        fixed = [float((told(values, looks=(n,)) == "reproduced").mean()) for n in (*FIXED, *LOOKS)]
        yield inside, fixed, (told(values) == "reproduced").mean(1).tolist()


def parts(k, effect):
    """Shares of rounds in which a claim of k independent parts is contradicted, in which it is reproduced (in part or
    whole), and in which one of its parts at least is contradicted, at any look."""
    verdicts = np.array([told(drawn(effect, seed=100 + part)) for part in range(k)])
    kinds, index = np.unique(verdicts.reshape(k, -1), axis=1, return_inverse=True)
    of_kinds = [claims.verdict([claims.Finding(measure(), one) for one in kind]) for kind in kinds.T]
    of_claims = np.array(of_kinds)[index].reshape(verdicts.shape[1:])
    one_decides = np.char.startswith(verdicts, "contradicted").any((0, 1)).mean()
    return ever(of_claims, ("contradicted",)), ever(of_claims, ("reproduced",)), one_decides


def shares(p_a, p_b, cases, scatter, looks, rounds):
    """How often an interval of the difference of two shares misses it at any look: that of the pooled counts, and the
    rule's. Each unit has `cases` of each arm, and shares of its own that scatter by so much."""
    rng = np.random.default_rng(0)
    true = [np.clip(rng.normal(p, scatter * (p > 0), (rounds, LOOKS[-1])), 0, 1) for p in (p_a, p_b)]
    counted = [rng.binomial(cases, one) for one in true]
    difference, level = true[0].mean() - true[1].mean(), 1 - claims.ERROR / len(looks)
    missed = np.zeros((2, rounds), bool)
    for i, (a, b) in enumerate(zip(*counted, strict=True)):
        for n in looks:
            units = [Effect(counts=(x, cases, y, cases)) for x, y in zip(a[:n].tolist(), b[:n].tolist(), strict=True)]
            pooled = intervals.newcombe(a[:n].sum(), n * cases, b[:n].sum(), n * cases, level)
            for which, (low, high) in enumerate([pooled, intervals.interval(units, level)]):
                missed[which, i] |= not low <= difference <= high
    return missed.mean(1)


@pytest.mark.parametrize("looks", [LOOKS, FIXED])
def test_a_verdict_is_wrong_in_at_most_one_case_of_twenty_over_all_looks(looks):
    found = [(*case, wrong) for *case, wrong in errors(looks)]
    assert max(wrong for *_, wrong in found) <= at_most(claims.ERROR), found


def test_the_error_without_paying_for_looks_would_be_too_large():
    """The control: looking four times at 95 % each, the same simulation finds more."""
    verdicts = np.concatenate([told(drawn(0.0, seed=1), looks=(n,), smallest=1e-6) for n in LOOKS])
    assert ever(verdicts, ("reproduced", claims.OPPOSITE)) > at_most(claims.ERROR)


def test_more_units_decide_more():
    for inside, fixed, looks in power():
        if inside:
            assert fixed == sorted(fixed) and looks == sorted(looks) and looks[-1] > 0.9
        else:
            assert max(fixed + looks) <= at_most(claims.ERROR), "at the edge it is chance"


def test_the_simulation_judges_as_the_rule_does():
    values = drawn(SMALLEST + 0.5, 60)
    for looks in (LOOKS, FIXED):
        for n, verdicts in zip(looks, told(values, looks=looks), strict=True):
            judged = [judge(measure(smallest=SMALLEST), dict(enumerate(map(Effect, row[:n]))), looks) for row in values]
            assert [one.verdict for one in judged] == verdicts.tolist()


def test_more_parts_do_not_make_a_claim_easier_to_contradict():
    """All parts hold, by no more than just: so each is contradicted as often as chance can."""
    contradicted = [parts(k, SMALLEST)[0] for k in (1, 2, 3)]
    assert 0 < contradicted[0] <= at_most(claims.ERROR)
    assert contradicted[0] >= contradicted[1] >= contradicted[2]


def test_a_run_that_was_cut_off_never_contradicts_slower_and_seldom_reproduces_it_wrongly():
    """Log ratios of the times to a level, the slow run cut off at four times what the other needs."""
    limit, wrong = np.log(4), 0
    for seed, row in enumerate(drawn(SMALLEST - 0.01, 100)):
        wild = np.random.default_rng(seed).normal(-2, 3, len(row)) if seed % 2 else row
        of_units = {i: Effect(min(value, limit), at_least=value > limit) for i, value in enumerate(wild)}
        cut = any(one.at_least for one in of_units.values())
        verdicts = {judge(measure(smallest=SMALLEST), dict(list(of_units.items())[:n])).verdict for n in LOOKS}
        if any(one.at_least for one in list(of_units.values())[: LOOKS[0]]):
            assert not {one for one in verdicts if one.startswith("contradicted")}
        wrong += cut and "reproduced" in verdicts
    assert wrong / 100 <= at_most(claims.ERROR, 100)


def test_faces_of_one_seed_do_not_count_as_independent():
    """Why the pooled counts alone do not judge a share: where seeds scatter by a twentieth they are mostly wrong."""
    pooled, found = shares(0.4, 0.3, 1000, 0.05, (20,), 60)
    assert pooled > 0.5 and found <= at_most(claims.ERROR, 60)
    for p_a, p_b in ((0.2, 0.1), (0.05, 0.0)):
        assert shares(p_a, p_b, 6, 0.0, (5,), 100)[1] <= at_most(claims.ERROR, 100), "a few runs, which seldom fail"


if __name__ == "__main__":
    for looks in (LOOKS, FIXED):
        for true, direction, wrong in errors(looks):
            print(f"looks {looks}: {true}, claim {direction}: wrong at any look {wrong:.3f}")
    print("reproduced, where the effect lies inside of the region by so many standard deviations:")
    for inside, fixed, looks in power():
        print(inside, "n fixed beforehand, 3 5 8 12 20:", fixed, "looks at 5 8 12 20:", looks)
    for effect, true in ((SMALLEST, "just hold"), (SMALLEST - 1e-9, "just do not"), (0.0, "have no effect")):
        for k in (1, 2, 3, 5):
            all_of_them, some, one = parts(k, effect)
            print(f"{k} parts that {true}: contradicted {all_of_them:.3f} (if one decided: {one:.3f}), ", end="")
            print(f"reproduced, all or in part {some:.3f}")
    for cases, p_a, p_b in ((1000, 0.4, 0.3), (6, 0.5, 0.4), (6, 0.2, 0.1), (6, 0.05, 0.0)):
        for scatter in (0.0, 0.02, 0.05, 0.1):
            pooled, found = shares(p_a, p_b, cases, scatter, LOOKS, 400)
            print(f"{p_a} and {p_b} of {cases} a unit, sd {scatter}: missed {found:.3f} (if only pooled: {pooled:.3f})")
