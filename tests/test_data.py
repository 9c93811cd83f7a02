"""Data sets: drawn faces, pictures in folders and zips, and the cache that keeps them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from conftest import REAL, real
from hostile import encoded, folder_of, zip_of
from PIL import Image

import hwlib.data
from hwlib import paths
from hwlib.data import DataError, avatars, images, load
from hwlib.data.cache import write
from hwlib.data.tags import EYES, HAIR, decode

RED, GREEN, BLUE = (250, 0, 0), (0, 250, 0), (0, 0, 250)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", tmp_path / "home" / "data" / "cache")
    return paths.CACHE


def plain(colour=RED, size=(8, 8), suffix="png"):
    return encoded(Image.new("RGB", size, colour), suffix)


FACES = {"2.png": plain(RED), "10.png": plain(GREEN), "1.png": plain(BLUE)}


# Drawn faces


def test_a_set_has_images_texts_names_and_a_fingerprint():
    faces = load("avatars", image_size=32, count=5)
    assert len(faces) == 5
    assert (faces.images.shape, faces.images.dtype) == ((5, 32, 32, 3), np.uint8)
    assert (faces.texts.shape, faces.texts.dtype) == ((5, 24), np.uint8)
    assert len(faces.names) == 5
    assert len(set(faces.names)) == 5
    assert faces.fingerprint == hwlib.data.fingerprint("avatars", 32, 5)
    assert {"data", "n", "image_size", "notes", "licence"} <= faces.about.keys()
    assert (faces.about["data"], faces.about["n"], faces.about["image_size"]) == ("avatars", 5, 32)


def test_images_are_mapped_into_memory_and_cannot_be_changed():
    faces = load("avatars", image_size=32, count=2)
    assert isinstance(faces.images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        faces.images[0] = 0


def test_faces_are_the_same_each_time_they_are_drawn(tmp_path, monkeypatch):
    first = load("avatars", image_size=32, count=12)
    monkeypatch.setattr(paths, "CACHE", tmp_path / "another")
    assert load("avatars", image_size=32, count=12).fingerprint == first.fingerprint


def test_a_larger_set_begins_with_the_smaller_one():
    small, large = load("avatars", 32, 6), load("avatars", 32, 9)
    assert (large.images[:6] == small.images).all()
    assert (large.texts[:6] == small.texts).all()
    assert large.fingerprint != small.fingerprint


def test_several_processes_draw_what_one_would(monkeypatch):
    monkeypatch.setenv("HWLIB_THREADS", "2")
    drawn = [picture for _, picture, _ in avatars.faces(300, 16)]
    assert len(drawn) == 300
    for i in (0, 1, 150, 299):
        assert (drawn[i] == avatars.face(i, 16)).all()


def test_every_face_is_told_by_one_hair_and_one_eye_colour_all_combinations_alike(monkeypatch):
    monkeypatch.setenv("HWLIB_THREADS", "1")
    monkeypatch.setattr(avatars, "face", lambda i, size, *_: np.zeros((size, size, 3), np.uint8))
    texts = load("avatars", image_size=1, count=5000).texts
    assert (texts[:, 1:13].sum(1) == 1).all()
    assert (texts[:, 13:].sum(1) == 1).all()
    assert texts[:, 1:13].mean(0) == pytest.approx(np.full(12, 1 / 12), abs=0.02)
    assert texts[:, 13:].mean(0) == pytest.approx(np.full(11, 1 / 11), abs=0.02)
    assert len(np.unique(texts, axis=0)) == 132


def test_with_the_courses_frequencies_half_the_texts_are_empty(monkeypatch):
    monkeypatch.setenv("HWLIB_THREADS", "1")
    monkeypatch.setattr(avatars, "face", lambda i, size, *_: np.zeros((size, size, 3), np.uint8))
    texts = load("avatars:course", image_size=1, count=5000).texts
    hair, eyes = texts[:, 1:13].any(1), texts[:, 13:].any(1)
    assert (~hair & ~eyes).mean() == pytest.approx(0.48, abs=0.03)
    assert (hair & eyes).mean() == pytest.approx(0.34, abs=0.03)
    share = texts[:, 1:13].sum(0) / hair.sum()
    assert share == pytest.approx(np.array([avatars.COURSE_HAIR[c] for c in HAIR]) / 36736, abs=0.03)
    assert texts[:, 13 + EYES.index("gray")].sum() == 0
    assert sum(avatars.COURSE_HAIR.values()) == sum(avatars.COURSE_EYES.values()) == 36736


def test_no_two_colours_of_hair_or_of_eyes_can_be_mistaken():
    for colours in (avatars.HAIR_RGB, avatars.EYES_RGB):
        for (one, a), (other, b) in combinations(colours.items(), 2):
            assert np.linalg.norm(np.subtract(a, b)) > 60, (one, other)


@pytest.mark.parametrize("style", ["lorelei", "adventurer"])
def test_hair_and_eyes_of_the_named_colours_can_be_seen(style):
    for i in range(40):
        picture = avatars.face(i, 64, style).astype(int)
        hair, eyes, *_ = avatars._describe(i, "uniform")
        near = [
            (np.abs(picture - colour).max(-1) <= 26).sum()
            for colour in (avatars.HAIR_RGB[hair], avatars.EYES_RGB[eyes])
        ]
        assert near[0] > 350, (i, hair)
        assert near[1] >= 12, (i, eyes)


@pytest.mark.parametrize("style", ["lorelei", "adventurer"])
@pytest.mark.parametrize("image_size", [16, 32, 64])
def test_no_line_is_harder_than_a_short_training_can_learn(style, image_size):
    for i in range(10):
        picture = avatars.face(i, image_size, style).astype(int)
        assert picture.shape == (image_size, image_size, 3)
        for axis in (0, 1):
            assert np.abs(np.diff(picture, axis=axis)).max() < 160, i


def test_the_styles_name_their_author_and_licence():
    assert "Lisa Wischofsky" in load("avatars", 16, 1).about["licence"]
    assert "CC0 1.0" in load("avatars", 16, 1).about["licence"]
    assert "CC BY 4.0" in load("adventurer", 16, 1).about["licence"]


def test_the_data_can_be_imported_without_tensorflow():
    code = "import sys, hwlib.data; print(*{'tensorflow', 'keras', 'dicebear', 'resvg_py'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == ""


# Pictures in folders and zips


def texts_of(faces):
    """Colours by file, as (hair, eyes)."""
    return {Path(name).stem: decode(text) for name, text in zip(faces.names, faces.texts, strict=True)}


def test_a_folder_of_pictures_is_read_and_left_as_it_is(tmp_path):
    folder = folder_of(tmp_path / "faces", FACES)
    faces = load(folder, image_size=8)
    seen = {name: tuple(picture[0, 0]) for name, picture in zip(faces.names, faces.images, strict=True)}
    assert seen == {"1.png": BLUE, "2.png": RED, "10.png": GREEN}
    assert not faces.texts.any()
    assert faces.about["notes"] == ["no tag file, every text is zero"]
    assert sorted(file.name for file in folder.iterdir()) == ["1.png", "10.png", "2.png"]


def test_a_zip_and_its_unpacked_folder_are_the_same_set(tmp_path):
    files = {f"faces/{name}": content for name, content in FACES.items()} | {"tags.csv": "1,red hair\n2,blue eyes\n"}
    packed, unpacked = load(zip_of(tmp_path / "a.zip", files), 8), load(folder_of(tmp_path / "a", files), 8)
    assert packed.fingerprint == unpacked.fingerprint
    assert packed.names == unpacked.names
    assert {*packed.names} == {"faces/1.png", "faces/2.png", "faces/10.png"}
    assert packed.about == unpacked.about | {"data": "a.zip"}


def test_the_courses_data_of_2018_is_recognised(tmp_path):
    files = {f"extra_data/images/{k}.jpg": plain(suffix="jpg", size=(64, 64)) for k in range(3)}
    files["extra_data/tags.csv"] = "0,aqua hair aqua eyes\n1,red hair\n2,black eyes\n"
    faces = load(zip_of(tmp_path / "extra_data.zip", files), 64)
    assert texts_of(faces) == {"0": (("aqua",), ("aqua",)), "1": (("red",), ()), "2": ((), ("black",))}


def test_the_courses_data_of_2017_is_recognised(tmp_path):
    files = {f"faces/{k}.jpg": plain(suffix="jpg", size=(96, 96)) for k in range(2)}
    files["tags_clean.csv"] = "0,touhou:17705\tblue hair:3\tred eyes:1\n1,\n"
    files["other.csv"] = "not looked at"
    faces = load(folder_of(tmp_path / "AnimeDataset", files), 64)
    assert faces.images.shape == (2, 64, 64, 3)
    assert texts_of(faces) == {"0": (("blue",), ("red",)), "1": ((), ())}


def test_celeba_is_recognised_and_its_own_csv_files_passed_over(tmp_path):
    face = Image.new("RGB", (178, 218), RED)
    face.paste(GREEN, (0, 20, 178, 198))
    files = {"img_align_celeba/img_align_celeba/000001.jpg": encoded(face, "jpg", quality=95)}
    files |= {"list_attr_celeba.csv": "image_id,Bald", "list_eval_partition.csv": "image_id,partition"}
    faces = load(zip_of(tmp_path / "celeba.zip", files), 64)
    assert np.abs(faces.images[0, 2:-2].astype(int) - GREEN).max() < 12  # the red above and below is gone
    assert not faces.texts.any()


def test_at_most_count_pictures_are_read(tmp_path):
    faces = load(folder_of(tmp_path / "faces", FACES), 8, count=2)
    assert len(faces) == len({*faces.names} & {*FACES}) == 2
    assert len(load(tmp_path / "faces", 8, count=100)) == 3


def test_a_set_that_is_sorted_by_its_tags_is_so_no_more_and_any_first_part_is_a_fair_one(tmp_path):
    colours = ("aqua", "gray", "green", "orange")
    files = {f"{i}.png": encoded(Image.new("RGB", (8, 8)), "png") for i in range(400)}
    tags = {"tags.csv": "\n".join(f"{i},{colours[i // 100]} hair" for i in range(400))}
    folder = folder_of(tmp_path / "faces", files | tags)
    whole, part = load(folder, 8), load(folder, 8, count=132)
    assert part.names == whole.names[:132], "in the same order, whatever is taken"
    hair = [decode(text)[0][0] for text in part.texts]
    assert min(hair.count(colour) for colour in colours) > 20


def test_rows_name_a_picture_with_or_without_its_suffix(tmp_path):
    faces = load(folder_of(tmp_path / "faces", FACES | {"my.csv": "1,red hair\n2.png,blue eyes\n10,\n"}), 8)
    assert texts_of(faces) == {"1": (("red",), ()), "2": ((), ("blue",)), "10": ((), ())}
    assert faces.about["notes"] == []


def test_pictures_without_a_row_and_rows_without_a_picture_are_noted_once(tmp_path, capsys):
    folder = folder_of(tmp_path / "faces", FACES | {"tags.csv": "1,red hair\n77,red hair\n78,red hair\n"})
    notes = [
        "2 without a row in tags.csv, their text is zero: 10.png, 2.png",
        "2 rows of tags.csv name no picture: 77, 78",
    ]
    assert load(folder, 8).about["notes"] == notes
    assert capsys.readouterr().err == "".join(f"faces: {note}\n" for note in notes)
    assert load(folder, 8).about["notes"] == notes
    assert capsys.readouterr().err == ""


def test_broken_pictures_are_left_out_and_named(tmp_path):
    whole = encoded(Image.effect_noise((64, 64), 90).convert("RGB"), "jpg")
    files = {"a.jpg": whole, "b.jpg": whole[: len(whole) // 2], "c.png": b"", "d.gif": "hello", "e.jpg": whole}
    faces = load(folder_of(tmp_path / "faces", files | {"tags.csv": "a,red hair\ne,blue hair\nb,pink hair\n"}), 16)
    assert texts_of(faces) == {"a": (("red",), ()), "e": (("blue",), ())}
    (note,) = [note for note in faces.about["notes"] if "unreadable" in note]
    assert note.startswith("3 unreadable, left out: ")
    told = ("b.jpg (image file is truncated", "c.png (not a picture)", "d.gif (not a picture)")
    assert all(one in note for one in told)


def test_a_refused_set_leaves_nothing_behind_and_no_absolute_path_is_told(tmp_path, cache):
    told = r"^data: no picture could be read: 1.png \(not a picture\), 2.png"
    with pytest.raises(DataError, match=told):
        load(folder_of(tmp_path / "data", {"1.png": "x", "2.png": "y"}), 8)
    assert not list(cache.glob("*.tmp"))


def test_one_name_in_two_folders_is_no_harm_without_a_tag_file(tmp_path):
    assert len(load(folder_of(tmp_path / "data", {"a/1.png": plain(), "b/1.png": plain()}), 8)) == 2


def test_an_unknown_name_is_told_with_the_known_ones():
    told = "no data set 'avatar': give avatars, avatars:course, adventurer, or the path of"
    with pytest.raises(DataError, match=told):
        load("avatar")


@pytest.mark.parametrize("setting", [{"image_size": 0}, {"image_size": 64.0}, {"count": 0}, {"count": -3}])
def test_a_senseless_size_or_count_is_refused(setting):
    with pytest.raises(DataError, match="should be a whole number above zero"):
        load("avatars", **setting)


# Any picture becomes RGB


def pixel(image, suffix="png", size=8, **options):
    return images.square(encoded(image, suffix, **options), size)[0, 0].tolist()


def test_transparency_is_laid_on_white():
    assert pixel(Image.new("RGBA", (8, 8), (0, 0, 0, 0))) == [255, 255, 255]
    assert pixel(Image.new("RGBA", (8, 8), (0, 0, 0, 127))) == [128, 128, 128]
    assert pixel(Image.new("LA", (8, 8), (0, 0))) == [255, 255, 255]
    assert pixel(Image.new("P", (8, 8), 0), transparency=0) == [255, 255, 255]


def test_a_picture_is_turned_upright_and_cropped_to_its_centre():
    picture = Image.new("RGB", (30, 10), RED)
    picture.paste(GREEN, (10, 0, 20, 5))
    picture.paste(BLUE, (10, 5, 20, 10))
    square = images.square(encoded(picture), 10)
    assert (square[:5] == GREEN).all()
    assert (square[5:] == BLUE).all()
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned = images.square(encoded(picture, exif=exif), 10)
    assert (turned == square[::-1, ::-1]).all()


def test_a_picture_that_has_the_size_keeps_its_pixels():
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    assert (images.square(encoded(Image.fromarray(noise)), 16) == noise).all()


# The cache


def test_a_prepared_set_is_found_again_by_content_not_by_place(tmp_path, monkeypatch):
    here = zip_of(tmp_path / "here.zip", FACES)
    fingerprint = load(here, 8).fingerprint
    there = shutil.move(here, tmp_path / "there.zip")
    monkeypatch.setattr(images, "square", None)  # decoding once more would fail
    again = load(there, 8)
    assert again.fingerprint == fingerprint
    assert again.about["data"] == "there.zip"


def test_a_changed_file_is_noticed(tmp_path):
    folder = folder_of(tmp_path / "faces", FACES)
    before = hwlib.data.fingerprint(folder, 8)
    (folder / "1.png").write_bytes(plain((250, 250, 0)))
    assert hwlib.data.fingerprint(folder, 8) != before


def test_the_cache_holds_no_absolute_path(tmp_path, cache):
    load(zip_of(tmp_path / "faces.zip", FACES), 8)
    for file in cache.rglob("*"):
        assert file.is_dir() or str(tmp_path).encode() not in file.read_bytes()


def test_a_full_disk_is_noticed_before_anything_is_written(monkeypatch, cache):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 5 << 20))
    with pytest.raises(DataError, match=r"avatars: the cache needs 16 MB .* 5 MB free: 11 MB are missing"):
        load("avatars", 8, 3)
    assert not list(cache.glob("*.tmp"))


def test_a_disk_that_fills_up_is_told_with_the_file_and_what_it_lacks(tmp_path):
    (tmp_path / "images.npy").symlink_to("/dev/full")
    picture = np.zeros((32, 32, 3), np.uint8)
    items = ((str(i), picture, np.zeros(24, np.uint8)) for i in range(9))
    with pytest.raises(OSError, match=r"images\.npy is not written: 17 MB are missing\. Make room; the same command"):
        write(tmp_path, items, 9, 32, {"data": "faces", "notes": []}, progress=False)


def test_progress_is_told_with_the_time_left(capsys):
    from hwlib.data.cache import _counted

    list(_counted((time.sleep(0.02) for _ in range(20)), 20, "faces.zip", every=0.1))
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith("faces.zip: ")
    assert first.endswith(" of 20 images, 0 s left")


SLOW = """
import json, sys, time
from hwlib.data import avatars, load
draw = avatars.face
def face(*args):
    open(sys.argv[1], "a").write("drawn\\n")
    time.sleep(float(sys.argv[2]))
    return draw(*args)
avatars.face = face
print(load("avatars", 32, 10).fingerprint)
"""


def slow_load(tmp_path, pause):
    """Another process that draws ten faces, slowly, and leaves a line for each in tmp_path/drawn."""
    command = [sys.executable, "-c", SLOW, str(tmp_path / "drawn"), str(pause)]
    environment = os.environ | {"HWLIB_HOME": str(tmp_path / "home")}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def lines(file):
    return len(file.read_text().splitlines()) if file.exists() else 0


def test_whoever_comes_second_waits_and_is_told_so(tmp_path, capsys):
    process = slow_load(tmp_path, 0.25)
    while not lines(tmp_path / "drawn"):
        assert process.poll() is None
        time.sleep(0.02)
    fingerprint = load("avatars", 32, 10).fingerprint
    assert process.communicate(timeout=60)[0] == fingerprint + "\n"
    assert capsys.readouterr().err == "another process is preparing this data set: waiting for it\n"
    assert lines(tmp_path / "drawn") == 10


def test_a_killed_preparation_leaves_nothing_that_could_be_taken_for_a_set(tmp_path, cache):
    process = slow_load(tmp_path, 0.1)
    while lines(tmp_path / "drawn") < 4:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert len(list(cache.glob("*.tmp"))) == 1
    assert not list(cache.glob("*/meta.json"))
    faces = load("avatars", 32, 10)
    assert len(faces) == 10
    assert faces.images.reshape(10, -1).any(1).all()
    assert not list(cache.glob("*.tmp"))


# The course's data and CelebA themselves


@real
def test_extra_data_has_36740_images_of_which_four_have_no_row(cache):
    faces = load(REAL / "extra_data.zip")
    assert faces.images.shape == (36740, 64, 64, 3)
    untagged = np.flatnonzero(~faces.texts.any(1))
    assert {faces.names[i] for i in untagged} == {f"extra_data/images/{i}.jpg" for i in range(36736, 36740)}
    assert faces.about["notes"][0].startswith("4 without a row in extra_data/tags.csv")
    hair = faces.texts[:, 1:13].sum(0, dtype=int).tolist()
    eyes = faces.texts[:, 13:].sum(0, dtype=int).tolist()
    assert hair == [avatars.COURSE_HAIR[colour] for colour in HAIR]
    assert eyes == [avatars.COURSE_EYES[colour] for colour in EYES]
    start = time.perf_counter()
    assert hwlib.data.fingerprint(REAL / "extra_data.zip") == faces.fingerprint
    assert time.perf_counter() - start < 0.1
    assert json.loads(next(cache.glob("*/meta.json")).read_text())["n"] == 36740


@real
def test_celeba_is_read_without_tags():
    faces = load(REAL / "img_align_celeba_10k.zip", count=20)
    assert faces.images.shape == (20, 64, 64, 3)
    assert all(re.fullmatch(r"img_align_celeba/\d{6}\.jpg", name) for name in faces.names)
    assert not faces.texts.any()
