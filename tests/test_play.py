"""The page to draw faces in: its networks agree with Keras, and it can be used by hand, keyboard, phone and ear."""

import base64
import html
import json
import warnings

import numpy as np
import pytest
from test_report import CONDITIONS, FRONT

from hwlib import experiments, paths
from hwlib.data import tags
from hwlib.report import book, play
from hwlib.report.portable import portable
from hwlib.runs.store import Run

PHONE, DESK = (390, 844), (1280, 900)
ROUNDING = 1 / 255


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with the page's three runs, trained for two steps each, without the time that TensorFlow compiles.

    The raw generators get weights that draw anything but gray, and anything but what the averaged ones draw.
    """
    from hwlib.backend import tf

    home = tmp_path_factory.mktemp("home")
    smoke = experiments.PROFILES["smoke"]
    with pytest.MonkeyPatch.context() as patch:
        for name, place in {"CACHE": "cache", "RUNS": "runs", "BUILD": "build", "REPORT": "report"}.items():
            patch.setattr(paths, name, home / place)
        patch.setenv("HWLIB_HOME", str(home))
        for task in ("gan", "cyclegan"):
            patch.setitem(smoke, task, smoke[task] | {"steps": 2, "interval": 2})
        tf.config.run_functions_eagerly(True)
        try:
            with warnings.catch_warnings(action="ignore"):  # that pipelines are not run eagerly
                for run in play.runs("smoke", "avatars", 0):
                    run.train()
        finally:
            tf.config.run_functions_eagerly(False)
        for name in play.FACES:
            generator, rng = Run(name, "smoke").model(raw=True), np.random.default_rng(0)
            for variable in generator.variables:
                variable.assign(1.5 * variable + rng.normal(0, 0.1, variable.shape))
            generator.save(Run(name, "smoke").folder / "generator.keras")
        yield home


@pytest.fixture(scope="module")
def path(home):
    return play.write("smoke", "avatars", 0)


@pytest.fixture(params=["phone", "desk"])
def page(request, browser, path):
    return opened(browser, path, request.param)


@pytest.fixture
def desk(browser, path):
    return opened(browser, path, "desk")


def opened(browser, path, kind="desk"):
    browser.errors.clear()
    browser.open(path.as_uri(), PHONE if kind == "phone" else DESK, mobile=kind == "phone")
    settled(browser)
    return browser


SETTLED = """new Promise(async (done, failed) => {
    for (let n = 0, quiet = 0; n < 2000; n++) {
        await new Promise(later => setTimeout(later, 10))
        quiet = waiting.size ? 0 : quiet + 1
        if (quiet > 10) return done(true)
    }
    failed("the page does not come to rest")
})"""


def settled(browser):
    """Wait until the page has drawn what it was asked for."""
    assert browser.run(SETTLED)


def press(browser, key, code=None):
    for kind in ("keyDown", "keyUp"):
        text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
        browser.send("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, **text, **KEYS.get(key, {}))


KEYS = {"Enter": {"windowsVirtualKeyCode": 13}, "Tab": {"windowsVirtualKeyCode": 9}} | {
    f"Arrow{way}": {"windowsVirtualKeyCode": 37 + i} for i, way in enumerate(("Left", "Up", "Right", "Down"))
}
PIXELS = """(canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data])"""


def text(browser, id_):
    return browser.run(f"document.getElementById('{id_}').textContent")


def in_page(browser, network, inputs):
    """What the page makes of each row of a network's inputs: float32 [n, height, width, channels]."""
    given = [base64.b64encode(np.ascontiguousarray(x, "<f4").tobytes()).decode() for x in inputs]
    shapes = [x.shape[1:] for x in inputs]
    shape, made = browser.run(
        f"""(async () => {{
            const floats = text => new Float32Array(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer)
            const given = {json.dumps(given)}.map(floats), made = []
            let shape
            for (let row = 0; row < {len(inputs[0])}; row++) {{
                const {{ result }} = await {network}({json.dumps(shapes)}.map((shape, i) => {{
                    const size = shape.reduce((a, b) => a * b)
                    return {{ shape, data: given[i].slice(row * size, (row + 1) * size) }}
                }}))
                shape = result.shape
                made.push(...new Uint8Array(result.data.buffer))
            }}
            return [shape, btoa(made.map(byte => String.fromCharCode(byte)).join(''))]
        }})()"""
    )
    return np.frombuffer(base64.b64decode(made), "<f4").reshape(-1, *shape)


def random_inputs(model, n):
    """Noise for vectors, a colour of hair and one of eyes for texts, and values in the range of images."""
    rng = np.random.default_rng(0)
    made = {"latent": lambda shape: rng.standard_normal(shape), "image": lambda shape: rng.uniform(-1, 1, shape)}
    made["text"] = lambda shape: tags.grid()[rng.integers(0, 132, shape[0])]
    return [made[tensor.name]((n, *tensor.shape[1:])).astype(np.float32) for tensor in model.inputs]


def differences(browser, network, model, value_range, n):
    """The largest difference between a page's network and Keras's: as a share of the range, and of what varies.

    Networks that are hardly trained draw almost the same gray everywhere: the second is measured in standard deviations
    of a channel over pixels and images.
    """
    inputs = random_inputs(model, n)
    right = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    off = np.abs(in_page(browser, network, inputs) - right)
    return off.max() / (value_range[1] - value_range[0]), (off.max((0, 1, 2)) / right.std((0, 1, 2))).max()


@pytest.mark.parametrize("name", ["report-a/averaged", "report-a/raw", "report-a-conv/averaged", "a_to_b", "b_to_a"])
def test_the_page_draws_what_keras_draws(desk, name):
    run, _, kind = name.partition("/")
    model = Run(run, "smoke").model(raw=kind == "raw") if kind else Run("cyclegan", "smoke").model(name)
    value_range = (0, 1) if kind else (-1, 1)
    off, off_of_spread = differences(desk, f"(inputs => compute('{name}', inputs))", model, value_range, 200)
    assert off <= ROUNDING and off_of_spread <= 0.05


def test_a_layer_that_the_page_cannot_compute_is_refused_in_one_line():
    from hwlib.backend import keras

    image = keras.Input((16, 16, 3))
    for layer, told in {
        keras.layers.BatchNormalization(): r'layer "batch_normalization\w*" \(BatchNormalization\): .* knows none',
        keras.layers.Conv2D(4, 3, dilation_rate=2): "Conv2D.* with dilation_rate=",
        keras.layers.Conv2D(3, 3, groups=3): "Conv2D.* with 3 groups",
        keras.layers.GroupNormalization(1): "GroupNormalization.* with 1 groups",
        keras.layers.Conv2D(4, 3, activation="gelu"): "Conv2D.* with activation=gelu",
    }.items():
        with pytest.raises(ValueError, match=told):
            portable(keras.Model(image, layer(image)))


def test_a_network_that_has_diverged_is_refused():
    from hwlib.models import report_a

    model = report_a.generator(16, width=1 / 16)
    model.layers[-2].kernel.assign(np.full(model.layers[-2].kernel.shape, np.nan))
    with pytest.raises(ValueError, match="float16"):
        portable(model)


def test_nothing_fails_and_nothing_else_is_loaded(page):
    for button in ("draw-all", "new-noise"):
        page.run(f"document.getElementById('{button}').click()")
    settled(page)
    assert page.errors == []
    resources = "performance.getEntriesByType('resource').map(e => e.name).filter(e => !/^(data|blob):/.test(e))"
    assert page.run(resources) == []


def test_it_is_readable_at_its_width(page):
    page.run("document.getElementById('draw-all').click()")
    settled(page)
    assert page.run("document.documentElement.scrollWidth <= innerWidth"), "the page scrolls sideways"
    small = "[...document.querySelectorAll('button, .chips span')].map(e => e.getBoundingClientRect())"
    assert page.run(f"{small}.filter(r => r.width).every(r => r.width >= 24 && r.height >= 24)"), "too small to touch"


def test_whoever_cannot_see_is_told(desk):
    desk.run("document.getElementById('draw-all').click()")
    settled(desk)
    silent = """[...document.querySelectorAll('[role=img], [role=gridcell], img, input')].filter(it =>
        !it.closest('[hidden]') && !it.ariaLabel && !it.alt && !it.labels?.[0]?.textContent.trim())"""
    assert desk.run(f"{silent}.map(it => it.outerHTML)") == []
    assert desk.run("document.querySelector('#faces canvas').ariaLabel") == "Dense start: blue hair red eyes, noise 1"
    assert text(desk, "status").startswith("blue hair red eyes, noise 1: ")
    assert desk.run("document.querySelectorAll('[role=status]').length") == 3
    assert desk.run("document.querySelector('html').lang") == "en-GB"


@pytest.mark.parametrize("words", ["blue hair red eyes", "Grey eyes, blond hair", "aqua green hair", "yellow eyes", ""])
def test_words_mean_what_they_mean_to_the_course(desk, words):
    assert desk.run(f"[...parse({json.dumps(words)})]") == tags.parse(words).tolist()


def test_words_that_mean_nothing_are_told_and_change_nothing(desk):
    before = desk.run("[...state.text]")
    for words, told in {
        "teal hair": "“teal” is no colour for hair",
        "hair": "No colour",
        "red": "followed by neither",
    }.items():
        desk.run(f"$('text').value = '{words}'; document.querySelector('#words button').click()")
        assert told in text(desk, "status") and desk.run("[...state.text]") == before


def test_the_keyboard_is_enough(desk):
    desk.run("document.getElementById('text').select()")
    desk.send("Input.insertText", text="pink hair green eyes")
    press(desk, "Enter")
    settled(desk)
    assert text(desk, "status").startswith("pink hair green eyes, noise 1")
    desk.run("document.querySelector('#hair :checked').focus()")
    press(desk, "ArrowRight")
    settled(desk)
    assert text(desk, "status").startswith("blue hair green eyes, noise 1")
    assert desk.run("$('text').value") == "blue hair green eyes"
    desk.run("$('draw-all').click()")
    settled(desk)
    desk.run("$('draw-all').focus()")
    press(desk, "Tab")
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "Enter"):
        press(desk, key)
    settled(desk)
    assert text(desk, "status").startswith("white hair orange eyes")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert desk.run(outline) == "solid", "one does not see where one is"


def test_the_grid_holds_each_face_that_its_text_gives(desk):
    desk.run("$('draw-all').click()")
    settled(desk)
    assert desk.run("document.querySelectorAll('#grid canvas').length") == 132
    desk.run("document.querySelector('[aria-label=\"red hair aqua eyes\"]').click()")
    settled(desk)
    cell = f"{PIXELS}(document.querySelector('[aria-label=\"red hair aqua eyes\"] canvas'))"
    assert desk.run(cell) == desk.run(f"{PIXELS}(document.querySelector('#faces canvas'))")
    desk.run("$('new-noise').click()")
    assert desk.run("$('grid').classList.contains('old')"), "a grid of other noise than is chosen now looks like new"


def test_the_walk_begins_and_ends_at_its_faces(desk):
    pictures = {}
    for way in (0, 50, 100):
        desk.run(f"$('way').value = {way}; $('way').dispatchEvent(new Event('input'))")
        settled(desk)
        pictures[way] = desk.run(f"{PIXELS}($('between'))")
    ends = [desk.run(f"{PIXELS}($('{end}'))") for end in ("from", "to")]
    assert [pictures[0], pictures[100]] == ends and pictures[50] not in ends
    long = "Math.hypot(...greatCircle(latent(1), latent(2), 0.5)) / Math.hypot(...latent(1))"
    assert 0.5 < desk.run(long) < 2, "half way the noise is shorter than noise is"


def test_noise_is_normal_and_of_its_number(desk):
    noise = np.array(desk.run("Array.from({ length: 500 }, (_, number) => [...latent(number)])"))
    assert noise.shape == (500, 40) and len(np.unique(noise)) > 19_900
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 1) < 0.02
    assert desk.run("[...latent(7)].join() === [...latent(7)].join()")


def test_no_motion_is_offered_to_those_who_want_none(browser, path):
    shown = "$('step-through').checkVisibility()"
    assert opened(browser, path).run(shown)
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    try:
        assert not opened(browser, path).run(shown)
    finally:
        browser.send("Emulation.setEmulatedMedia", features=[])


def test_training_is_shown_at_its_moments(desk):
    steps = list(Run("report-a", "smoke").samples())
    assert desk.run("data.faces[0].moments.map(moment => moment.step)") == steps
    assert desk.run("document.querySelectorAll('#film canvas').length") == len(steps)
    desk.run("$('moment').value = 0; $('moment').dispatchEvent(new Event('input'))")
    assert "step 0: 12 hair colours" in desk.run("$('samples').alt")
    assert desk.run("$('samples').decode().then(() => $('samples').naturalWidth)") == 12 * 16


def test_a_face_is_translated_and_comes_back(desk):
    before = desk.run(f"{PIXELS}($('original'))")
    held_out = Run("cyclegan", "smoke").samples()[2][0]
    assert np.reshape(before, (16, 16, 4))[..., :3].tolist() == held_out.tolist()
    assert desk.run("$('back').ariaLabel") == "and back to avatars"
    desk.run("document.querySelector('[name=picture][value=\"8\"]').click()")
    settled(desk)
    assert desk.run("$('translated').ariaLabel") == "as avatars"
    desk.run("document.querySelector('[name=picture][value=above]').click()")
    settled(desk)
    assert desk.run(f"{PIXELS}($('original'))") == desk.run(f"{PIXELS}(document.querySelector('#faces canvas'))")


def test_a_run_that_is_not_trained_leaves_its_part_out_and_says_how_to_train_it(home, browser, monkeypatch):
    monkeypatch.setattr(play, "TRANSLATION", "cyclegan-report-a")
    monkeypatch.setattr(play, "FACES", {"report-a": "Dense start", "report-a-conv-even": "Conv start"})
    browser = opened(browser, play.write("smoke", "avatars", 0))
    assert browser.errors == [] and browser.run("document.querySelectorAll('#faces canvas').length") == 1
    assert not browser.run("$('translation').checkVisibility() || $('start').checkVisibility()")
    told = text(browser, "missing")
    assert ".venv/bin/hwlib train report-a-conv-even --profile smoke" in told and ".venv/bin/hwlib play" in told
    monkeypatch.setattr(play, "FACES", {})
    with pytest.raises(ValueError, match="nothing to play with: train one of cyclegan-report-a first") as error:
        play.write("smoke", "avatars", 0)
    assert "\n" not in str(error.value)


def test_what_was_trained_on_other_pictures_stays_in_build(home):
    (home / "mine").mkdir(exist_ok=True)
    (home / "mine" / "a.png").write_bytes(b"a picture")
    mine = str(home / "mine")
    assert play.place("smoke", mine, 0).parent == paths.BUILD and play.linked("smoke", mine, 0) is None
    notice = play._notice(Run("report-a", "smoke", mine), {mine: {"data": "avatars"}})
    assert "trained on avatars, not on drawn faces: do not publish" in notice, "whatever their folder is called"
    assert play.place("quick", "avatars", 0) == paths.REPORT / "play.html"
    play.write("smoke", "avatars", 0)
    assert play.linked("smoke", "avatars", 0) == paths.REPORT / "play-smoke.html"
    assert play.linked("smoke", "avatars", 5) is None, "a link to a page that there is not"


def test_the_page_has_at_most_4_mb_at_quick():
    """Of weights as random as they can be; the samples of a moment take 45 kB, as 132 drawn faces with noise do."""
    from hwlib.training.gan import find

    size = 2 * play.MOMENTS * 45_000
    for name, networks in {"report-a": 2, "report-a-conv": 2, "cyclegan": 2}.items():
        settings = Run(name).settings
        model = find(settings["generator"])(32, width=settings["width"], **settings.get("generator_options", {}))
        size += networks * len(json.dumps(portable(model)))
    assert size + sum(path.stat().st_size for path in play.PARTS) < 4_000_000


def test_in_a_notebook_a_person_has_it_below_the_cell(path, monkeypatch):
    run = Run("report-a", "smoke")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert play.in_notebook(run) is None, "a page where nobody is"
    monkeypatch.setenv("JPY_SESSION_NAME", "a notebook")
    shown = html.unescape(play.in_notebook(run).data)
    assert play.place(run.profile, run.data, run.seed).read_text(encoding="utf-8") in shown
    monkeypatch.setattr(play, "LARGEST", 1000)
    assert "in a browser" in play.in_notebook(run).data and "srcdoc=" not in play.in_notebook(run).data


DRAWN_INSIDE = f"""new Promise(async (done, failed) => {{
    const frame = document.querySelector('details.play iframe')
    frame.parentElement.open = true
    frame.scrollIntoView()
    for (let n = 0; n < 2000; n++) {{
        await new Promise(later => setTimeout(later, 10))
        const canvas = frame.contentDocument?.querySelector('canvas')
        if (canvas && {PIXELS}(canvas).some((value, i) => i % 4 < 3 && value > 0)) return done(true)
    }}
    failed("nothing is drawn")
}})"""


def test_the_report_leads_to_the_page_and_holds_it(tmp_path, path, browser):
    def report(play):
        return book.document([], tmp_path / "report.html", CONDITIONS, FRONT, play=play)

    assert "play.html" not in report(None).read_text()
    there = tmp_path / "play.html"
    there.write_text(path.read_text())
    whole = report(there)
    assert 'href="play.html"' in whole.read_text()
    there.unlink()
    browser.errors.clear()
    browser.open(whole.as_uri(), DESK)
    assert browser.run(DRAWN_INSIDE)
    assert browser.errors == []


def test_the_browser_would_notice(browser, path, tmp_path):
    """What the tests above look for is found on a page whose networks are wrong."""
    bad = tmp_path / "bad.html"
    bad.write_text(path.read_text().replace("* weights[row + f]", "* weights[row + f] * 1.1"))
    model = Run("report-a", "smoke").model()
    network = "(inputs => compute('report-a/averaged', inputs))"
    page = opened(browser, bad)
    page.run("document.querySelector('#status').remove(); setTimeout(() => nothing())")
    off, off_of_spread = differences(page, network, model, (0, 1), 10)
    assert off > ROUNDING and off_of_spread > 0.05
    settled(page)
    assert page.errors
