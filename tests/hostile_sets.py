"""Hostile data sets, case by case: how each is made, and what should come of reading it."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

import hostile
from hostile import BLUE, RED, encoded, folder_of, member, picture, raw_zip, zip_of


@dataclass(frozen=True)
class Case:
    """make(folder) leaves a data set in an empty folder and returns its path, which reading may change nothing of.

    images: how many pictures are read, 0 if the set is refused. told: pattern of the notes or of the refusal.
    colours: of the first and the last row of each picture. seconds, megabytes: what reading may take, at most.
    """

    name: str
    make: object
    images: int
    told: str = ""
    colours: tuple = (RED, BLUE)
    seconds: float = 4
    megabytes: int = 64


def of_files(kind, files):
    return lambda home: folder_of(home / "set", files) if kind == "folder" else zip_of(home / "set.zip", files)


def of_pictures():
    good = encoded(picture())
    for kind in ("folder", "zip"):
        for suffix in hostile.FORMATS:
            for name, (data, images, told) in hostile.damages(suffix).items():
                files = {"good.png": good, f"odd.{suffix}": data}
                yield Case(f"{kind}, {suffix}: {name}", of_files(kind, files), images, told)
    for name, (data, colours, images, told) in hostile.kinds().items():
        suffix, large = name.split()[0], {"megabytes": 650, "seconds": 9} if "million" in name else {}
        files = {f"odd.{suffix}": data} | ({} if images == 2 else {"good.png": good})
        yield Case(f"folder, {name}", of_files("folder", files), 1, told, colours, **large)


def of_tags():
    pictures = {f"{i}.png": encoded(picture()) for i in (1, 2)}
    for i, (name, (data, understood, told)) in enumerate(hostile.TAGS.items()):
        make = of_files(("folder", "zip")[i % 2], pictures | {"tags.csv": data})
        yield Case(f"tags.csv: {name}", make, 2 * understood, told, seconds=9 if "row" in name else 4, megabytes=160)
    for kind, name, two in (("zip", "set.zip", ("a.csv", "b.csv")), ("folder", "set", ("x/tags.csv", "y/tags.csv"))):
        make = of_files(kind, pictures | dict.fromkeys(two, ""))
        yield Case(f"two tag files: {two[0]}", make, 0, f"{name} holds 2 tag files, {', '.join(two)}")
    twins = {"a/1.png": pictures["1.png"], "b/1.png": pictures["1.png"], "tags.csv": "1,red hair"}
    yield Case("a row for two pictures", of_files("folder", twins), 0, "row '1' of tags.csv fits 2 pictures, a/1.png")
    yield Case("tags.csv is a folder", of_files("folder", {"tags.csv/1.png": pictures["1.png"]}), 1, "no tag file")


def of_zips():
    good = encoded(picture())
    one, bomb, much = member("1.png", good), hostile.zeros(600 << 20), 600 << 20
    leading_out = [
        member(name, good) for name in ("../1.png", "../../tmp/2.png", "/tmp/3.png", "C:\\4.png", "a\\..\\5.png")
    ]
    long = [member("x" * 60_000 + ".png", good), member("y" * 60_000 + ".png")]
    secret = {"data": good, "flags": 0x801}
    other = r"2\.png \(neither stored nor deflated\)"
    refused = r"set\.zip is no zip, or not a whole one"
    table = {  # name: (members or bytes, pictures read, told)
        "names that lead out": (leading_out, 5, ""),
        "names with line ends": ([member("a\nb.png", good), member("\x1b[2J\r.png", b"")], 1, r"\\x1b\[2J\\r\.png"),
        "names that are not UTF-8": ([member(b"\xff\xfe.png", good, flags=0)], 1, ""),
        "names that say UTF-8 and are not": ([member(b"\xff\xfe.png", good)], 0, refused),
        "a name with NUL": ([member(b"1.png\0.exe", good)], 1, ""),
        "a name of 60,000 characters": (long, 1, "out: y"),
        "a number of 5,000 digits": ([member("9" * 5_000 + ".png", good), one], 2, ""),
        "one name twice": ([one, member("1.png", good)], 1, ""),
        "a path of 10,000 folders": ([member("a/" * 10_000 + "1.png", good)], 1, ""),
        "an encrypted picture": ([one, member("2.png", **secret)], 1, r"left out: 2\.png \(encrypted\)"),
        "encrypted throughout": ([member("1.png", **secret)], 0, r"no picture could be read: 1\.png \(encr"),
        "encrypted tags": ([one, member("tags.csv", **secret)], 0, "tags.csv cannot be read: encrypted"),
        "bzip2": ([one, member("2.png", good, method=12)], 1, other),
        "LZMA": ([one, member("2.png", good, method=14)], 1, other),
        "an unknown method": ([one, member("2.png", good, method=99)], 1, other),
        "stored": ([member("1.png", good, method=0)], 1, ""),
        "a link": ([one, member("2.png", b"/etc/passwd", mode=0o120777)], 1, r"2\.png \(a link\)"),
        "a wrong CRC": ([one, member("2.png", good, crc=1)], 1, r"2\.png \(Bad CRC-32"),
        "not deflated": ([one, member("2.png", packed=hostile.garbage(), size=900)], 1, r"left out: 2\.png"),
        "a picture of 600 MB": ([one, member("2.png", packed=bomb, size=much)], 1, r"2\.png \(600 MB, more than"),
        "a picture of 4 GB": ([one, member("2.png", good, size=2**32 - 2)], 1, r"2\.png \(4,095 MB, more than"),
        "600 MB that say 1 kB": ([one, member("2.png", packed=bomb, size=1000)], 1, r"2\.png \(Bad CRC-32"),
        "tags of 600 MB": ([one, member("tags.csv", packed=bomb, size=much)], 0, "tags.csv cannot be read: 600 MB"),
        "tags that say 1 kB": ([one, member("tags.csv", packed=bomb, size=1000)], 0, "tags.csv cannot be read"),
        "a place outside": ([one, member("2.png", good, offset=10**9)], 1, r"unreadable, left out: 2\.png"),
        "all at one place": ([one, *(member(f"{i}.png", good, offset=0) for i in range(2, 99))], 1, "97 unreadable"),
        "more members than there are": (raw_zip(one, count=900), 1, ""),
        "a zip in a zip": ([member("inner.zip", raw_zip(one))], 0, r"set\.zip holds no picture"),
        "only folders": ([member("a/"), member("b.png/")], 0, r"set\.zip holds no picture"),
        "no member": ([], 0, r"set\.zip holds no picture"),
        "5,000 hidden files": ([member(f".{i}.png") for i in range(5_000)] + [one], 1, ""),
        "garbage in front": (hostile.garbage() + raw_zip(one), 1, ""),
        "garbage behind": (raw_zip(one) + hostile.garbage(70_000), 0, refused),
        "cut off": (raw_zip(one)[:-30], 0, refused),
        "cut in half": (raw_zip(one, one)[: len(good)], 0, refused),
        "the directory spoilt": (raw_zip(one).replace(b"PK\1\2", b"PK\1\3"), 0, refused),
        "nothing but the end": (b"PK\5\6" + b"\xff" * 18, 0, refused),
        "empty": (b"", 0, refused),
        "a tar file": (b"\x1f\x8b\x08" + hostile.garbage(), 0, refused),
        "a web page": (b"<!DOCTYPE html>", 0, refused),
    }  # fmt: skip
    for name, (content, images, told) in table.items():
        data = content if isinstance(content, bytes) else raw_zip(*content)
        yield Case(f"zip: {name}", lambda home, data=data: folder_of(home, {"set.zip": data}) / "set.zip", images, told)


def of_folders():
    good = encoded(picture())

    def case(name, change, images=1, told="", **limits):
        def make(home):
            folder = folder_of(home / "set", {"good.png": good})
            return change(folder) or folder

        return Case(f"folder: {name}", make, images, told, **limits)

    def sparse(path, size):
        path.touch()
        os.truncate(path, size)

    def deep(folder, levels, name="deep"):
        os.chdir(folder)
        for _ in range(levels):
            os.mkdir(name)
            os.chdir(name)
        Path("2.png").write_bytes(good)

    def link(name, target):
        return lambda folder: (folder / name).symlink_to(target)

    def named(name):
        return lambda folder: (
            Path(os.path.join(os.fsencode(folder), name).decode(errors="surrogateescape")).write_bytes(good) * 0
        )

    def inside(folder):
        link("2.png", "a/1.png")(folder_of(folder, {"a/1.png": good}))

    def outside(folder):
        link("2.png", folder_of(folder.parent, {"other.png": good}) / "other.png")(folder)

    def loop(folder):
        link("a.png", "b.png")(folder)
        link("b.png", "a.png")(folder)

    def unix(folder):
        os.chdir(folder)
        socket.socket(socket.AF_UNIX).bind("2.png")

    def instead(make):
        def change(folder):
            path = folder.parent / "instead"
            make(path)
            return path

        return change

    yield case("a named pipe", lambda f: os.mkfifo(f / "2.png"), 1, r"1 not read: 2\.png \(a named pipe\)")
    yield case("a named pipe for tags", lambda f: os.mkfifo(f / "tags.csv"), 1, r"tags\.csv \(a named pipe\)")
    yield case("a socket", unix, 1, r"1 not read: 2\.png \(a socket\)")
    yield case("a link to a device", link("2.png", "/dev/zero"), 1, r"2\.png \(a link out of the set\)")
    yield case("a link to the folder above", link("up", ".."), 1, r"1 not read: up \(a link to a folder\)")
    yield case("a link to its own folder", link("again", "."), 1, r"again \(a link to a folder\)")
    yield case("a link to everything", link("root", "/"), 1, r"root \(a link to a folder\)")
    yield case("links in a circle", loop, 1, r"2 not read: a\.png \(a link to nowhere\), b\.png \(a link to nowhere\)")
    yield case("a link to nowhere", link("2.png", "/nowhere/2.png"), 1, r"2\.png \(a link to nowhere\)")
    yield case("a link to nowhere for tags", link("tags.csv", "t.csv"), 1, r"tags\.csv \(a link to nowhere\)")
    yield case("a link out of the set", outside, 1, r"2\.png \(a link out of the set\)")
    yield case("a link to a file inside", inside, 3)
    yield case("100 links out", lambda f: [link(f"{i}.png", "/dev/null")(f) for i in range(100)] * 0, 1, "and 97 more")
    yield case(
        "only a link", instead(lambda p: link("a.png", "b")(folder_of(p, {}))), 0, r"no picture .*; 1 not read: a\.png"
    )
    yield case("a picture of 1 TB", lambda f: sparse(f / "2.png", 1 << 40), 1, r"2\.png \(1,048,576 MB, more than")
    yield case(
        "tags of 1 TB", lambda f: sparse(f / "tags.csv", 1 << 40), 0, r"tags\.csv cannot be read: 1,048,576 MB, more"
    )
    yield case(
        "tags of 40 MB", lambda f: sparse(f / "tags.csv", 40 << 20), 0, r"tags\.csv cannot be read: 40 MB, more than"
    )
    yield case("300 folders deep", lambda f: deep(f, 300), 2)
    yield case(
        "too deep for a path", lambda f: deep(f, 20, "x" * 250), 1, r"1 not read: x+ … x+/ \(File name too long\)"
    )
    yield case("a name that is not UTF-8", named(b"\xff\xfe.png"), 2)
    yield case("a name with line ends and escapes", named(b"a\n\x1b[2J.png"), 2)
    yield case("a name in Chinese", named("初音ミク.png".encode()), 2)
    yield case("a name of 255 bytes", named(b"x" * 251 + b".png"), 2)
    yield case("a name of 250 digits", named(b"7" * 250 + b".png"), 2)
    yield case("a suffix in capitals", named(b"2.PNG"), 2)
    yield case("a folder called like a picture", lambda f: (f / "2.png").mkdir(), 1)
    yield case("hidden", lambda f: folder_of(f, {".a.png": "x", ".git/1.png": "x", "__MACOSX/1.png": "x"}), 1)
    yield case("no file", instead(Path.mkdir), 0, "instead holds no picture")
    yield case(
        "only text", instead(lambda p: folder_of(p, {"a.txt": "x", "tags.csv": "1,red hair"})), 0, r"no picture \(.png"
    )
    yield case("is a named pipe", instead(os.mkfifo), 0, r"instead is a named pipe: give a folder or a \.zip")
    yield case("is a device", lambda f: Path("/dev/zero"), 0, r"zero is a device: give a folder or a \.zip")
    yield case("is a socket", instead(lambda p: socket.socket(socket.AF_UNIX).bind(str(p))), 0, r"instead is a socket")
    yield case("is a link to a folder", lambda f: instead(lambda p: p.symlink_to(f))(f), 1)
    yield case("is a link to nowhere", instead(lambda p: p.symlink_to("nowhere")), 0, "no data set '")
    yield case("is a file of 1 TB", instead(lambda p: sparse(p, 1 << 40)), 0, "instead is no zip")
    yield case("is missing", lambda f: f / "missing", 0, "no data set '")
    yield case("is a path of 5,000 characters", lambda f: f / ("x" * 5000), 0, "no data set '")
    yield case("is a path with NUL", lambda f: f / "a\0b", 0, "no data set '")
    yield case("is a path with line ends", lambda f: f / "a\nb", 0, "no data set '")
    yield case("is of nobody", lambda f: Path("~nobody-there/faces"), 0, "no data set '~nobody-there/faces'")


def cases():
    return [*of_pictures(), *of_tags(), *of_zips(), *of_folders()]
