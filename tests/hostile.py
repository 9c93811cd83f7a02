"""Pictures and tag files that a reader could stumble over, and how folders and zips of them are made.

Every picture here is red above and blue below, so that it can be told whether it was read, and upright. Of each
file the tables say how many pictures of a set are read, and what is told: a pattern for the notes or the refusal.
"""

import struct
import zipfile
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

from hwlib import storage

RED, BLUE = (220, 30, 30), (30, 30, 220)
FORMATS = ("png", "jpg", "gif", "bmp", "webp")
LEFT_OUT = r"1 unreadable, left out: odd\.\w+ \(.+\)"
HUGE = r"left out: odd\.\w+ \(more than 50 million pixels\)"


def picture(size=64):
    """Red above, blue below, with noise, so that half a file is half a picture."""
    pixels = np.repeat([RED, BLUE], size // 2, axis=0)[:, None].repeat(size, 1)
    return Image.fromarray((pixels + np.random.default_rng(0).integers(-8, 9, pixels.shape)).astype(np.uint8))


def encoded(image, suffix="png", **options):
    return storage.encoded(image, {"jpg": "JPEG", "apng": "PNG"}.get(suffix, suffix), **options)


def garbage(size=1000):
    return np.random.default_rng(1).bytes(size)


def zeros(size, step=1 << 20):
    """`size` zeros (whole MB) deflated, without deflating them: the same block over and over."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(step)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * (size // step) + b"\3\0"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, data=b"", depth=8, colour=2, before=b""):
    """A PNG file; `data`: the deflated lines, black ones if there is none."""
    lines = (width * {2: 3, 6: 4, 0: 1}[colour] * depth // 8 + 1) * height
    black = b"\x78\x9c" + (data or zeros(lines + (1 << 20) - lines % (1 << 20)))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", black) + chunk(b"IEND", b"")


def of_size(suffix, side):
    """A small file that says it is `side` pixels wide and high."""
    data = bytearray(encoded(picture(), suffix, **({"lossless": True} if suffix == "webp" else {})))
    if suffix == "png":
        return png(side, side, data=zeros(1 << 20))
    if suffix == "jpg":
        place, size = data.index(b"\xff\xc0") + 5, struct.pack(">HH", side, side)
    elif suffix == "webp":
        place, size = 21, struct.pack("<I", (side - 1) | (side - 1) << 14)
    else:
        place, size = (6, struct.pack("<HH", side, side)) if suffix == "gif" else (18, struct.pack("<ii", side, side))
    data[place : place + len(size)] = size
    return bytes(data)


def damages(suffix):
    """Name -> (file, pictures read of two, told) for one format."""
    whole = encoded(picture(), suffix)
    other = encoded(picture(), FORMATS[FORMATS.index(suffix) - 1])
    return {
        "whole": (whole, 2, ""),
        "half": (whole[: len(whole) // 2], 1, LEFT_OUT),
        "20 bytes": (whole[:20], 1, LEFT_OUT),
        "empty": (b"", 1, r"not a picture"),
        "garbage": (garbage(), 1, r"not a picture"),
        "zeros": (bytes(1000), 1, r"not a picture"),
        "a web page": (b"<!DOCTYPE html><title>404</title>", 1, r"not a picture"),
        "another format": (other, 2, ""),
        "a tail": (whole + garbage(), 2, ""),
        "a head of garbage": (garbage(64) + whole, 1, r"not a picture"),
        "13,000 x 13,000": (of_size(suffix, 13_000), 1, HUGE),
        "largest": (of_size(suffix, 16_383 if suffix == "webp" else 65_000), 1, HUGE),
    }


def turned(orientation, image):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return {"image": image, "exif": exif}


def kinds():
    """Name -> (suffix, file, pictures read of two, told): colours, transparency, animations and disguises."""
    red, frames = picture(), [picture().rotate(180)] * 3
    over, down = red.convert("RGBA"), red.rotate(180)
    over.putalpha(255)
    clear = Image.new("RGBA", (64, 64), (9, 9, 9, 0))
    animated = {"save_all": True, "append_images": frames}
    gray = Image.fromarray(np.repeat([[40_000], [9_000]], 32, axis=0).repeat(64, 1).astype(np.uint16))
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "x" * 1000)
    read = {
        "png palette": encoded(red.quantize(16)),
        "png opaque": encoded(over),
        "png animated": encoded(red, "apng", **animated),
        "png turned": encoded(suffix="png", **turned(3, down)),
        "png turned a quarter": encoded(suffix="png", **turned(6, red.transpose(Image.Transpose.ROTATE_90))),
        "png with a text": encoded(red, pnginfo=text),
        "png long": encoded(red.resize((5000, 8))),
        "png high": encoded(red.resize((8, 5000), 0)),
        "jpg CMYK": encoded(red.convert("CMYK"), "jpg"),
        "jpg progressive": encoded(red, "jpg", progressive=True),
        "jpg turned": encoded(suffix="jpg", **turned(3, down)),
        "jpg with broken EXIF": encoded(red, "jpg", exif=b"Exif\0\0MM\0*" + garbage(50)),
        "jpg with a broken profile": encoded(red, "jpg", icc_profile=garbage(50)),
        "gif animated": encoded(red.quantize(16), "gif", save_all=True, append_images=[i.quantize(16) for i in frames]),
        "bmp palette": encoded(red.quantize(16), "bmp"),
        "bmp opaque": encoded(over, "bmp"),
        "webp lossless": encoded(red, "webp", lossless=True),
        "webp animated": encoded(red, "webp", **animated),
        "webp turned": encoded(suffix="webp", **turned(3, down)),
        "jpg of 18 million pixels": encoded(red.resize((4240, 4240), 0), "jpg"),
    }
    other_colours = {
        "png 16-bit gray": (encoded(gray), (40_000 >> 8,) * 3, (9_000 >> 8,) * 3),
        "png gray": (encoded(Image.new("L", (64, 64), 90)), (90,) * 3, (90,) * 3),
        "jpg gray": (encoded(Image.new("L", (64, 64), 90), "jpg"), (90,) * 3, (90,) * 3),
        "png 1-bit": (encoded(Image.new("1", (64, 64), 1)), (255,) * 3, (255,) * 3),
        "png of one pixel": (encoded(Image.new("RGB", (1, 1), RED)), RED, RED),
        "png transparent": (encoded(clear), (255,) * 3, (255,) * 3),
        "png transparent palette": (encoded(Image.new("P", (9, 9)), transparency=b"\0"), (255,) * 3, (255,) * 3),
        "gif transparent": (encoded(clear, "gif"), (255,) * 3, (255,) * 3),
        "webp transparent": (encoded(clear, "webp"), (255,) * 3, (255,) * 3),
        "png of 49 million pixels": (png(7000, 7000), (0,) * 3, (0,) * 3),
        "png of 49 million transparent pixels": (png(7000, 7000, colour=6), (255,) * 3, (255,) * 3),
    }
    refused = {
        "png of 13,000 x 13,000, whole": (png(13_000, 13_000, depth=8, colour=0), HUGE),
        "png that is TIFF": (encoded(red, "tiff"), r"not a picture"),
        "png that is PostScript": (
            b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
            r"not a picture",
        ),
        "png with a text of 100 MB": (png(8, 8, before=chunk(b"zTXt", b"a\0\0\x78\x9c" + zeros(100 << 20))), LEFT_OUT),
        "png with a profile of 100 MB": (
            png(8, 8, before=chunk(b"iCCP", b"a\0\0\x78\x9c" + zeros(100 << 20))),
            LEFT_OUT,
        ),
        "png of no pixels": (png(0, 0), LEFT_OUT),
        "jpg of 20,000 scans": (many_scans(20_000), LEFT_OUT),
    }
    table = {name: (data, (RED, BLUE), 2, "") for name, data in read.items()}
    table |= {name: (data, colours, 2, "") for name, (data, *colours) in other_colours.items()}
    return table | {name: (data, (RED, BLUE), 1, told) for name, (data, told) in refused.items()}


def many_scans(count):
    """A progressive JPEG of 4,000 x 4,000 pixels whose last scan is there over and over: each takes its time."""
    data = encoded(Image.new("L", (4000, 4000), 128), "jpg", progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:start] + data[start:-2] * count + data[-2:]


TAGS = {  # name -> (tags.csv of 1.png and 2.png, whether it is understood, told)
    "plain": ("1,blue hair red eyes\n2,red hair\n", True, ""),
    "BOM": ("\ufeff1,blue hair\n2,red hair", True, ""),
    "CRLF, blank lines and spaces": ("1,blue hair\r\n\r\n 2 , red hair \r\n\n", True, ""),
    "heading": ("id,tags\n1,blue hair\n2,red hair\n", True, ""),
    "pandas": ('id,tags\r\n1,"blue hair, red eyes"\r\n2.png,"red hair"\r\n', True, ""),
    "a spreadsheet": ('\ufeff"id","tags"\r\n"1","blue hair, red eyes"\r\n"2","red hair"\r\n', True, ""),
    "2017": ("1,touhou:17705\tblue hair:3\t\n2,\n", True, ""),
    "2017 of odd tags": ('1,":o:3\tblue hair:2\n2,a, b:1\t\x1b[31m:2\n', True, ""),
    "no-break spaces": ("1,blue\u00a0hair\n2,red hair\n", True, ""),
    "twice the same rows": ("1,blue hair\n2,red hair\n" * 2, True, ""),
    "a row too few": ("1,blue hair\n", True, r"1 without a row in tags\.csv, their text is zero: 2\.png"),
    "strays": ("1,blue hair\n" + "".join(f"x{i},red hair\n" for i in range(9)), True, "9 rows of tags.csv name no"),
    "an id that leads out": (
        "1,blue hair\n2,\n../../../../tmp/x,red hair\n",
        True,
        "1 rows of tags.csv name no picture",
    ),
    "an id of 10 kB": ("1,blue hair\n2,\n" + "x" * 10_000 + ",red hair\n", True, "name no picture: x+ … x+$"),
    "an id with escapes": ("1,blue hair\n2,\n\x1b[2J\u202e,red hair\n", True, r"picture: \\x1b\[2J\\u202e"),
    "a formula": ('1,blue hair\n2,\n=HYPERLINK("http://x"),red hair\n', True, "name no picture: =HYPER"),
    "200,000 rows": ("1,blue hair\n2,\n" + "".join(f"{i},red eyes\n" for i in range(3, 200_003)), True, "200000 rows"),
    "no row": ("", False, r"tags\.csv is empty"),
    "blank lines": ("\n\r\n \n", False, r"tags\.csv is empty"),
    "a second heading": ("id,tags\nid,tags\n1,blue hair\n", False, "line 2: 'tags' is followed by neither"),
    "only the heading": ("id,tags\n", False, r"tags\.csv is empty"),
    "lone CR": ("1,blue hair\r2,red hair\r", False, "line 1: lone CR as the end of a line: save"),
    "UTF-16": ("1,blue hair\n".encode("utf-16"), False, r"cannot be read as UTF-8 text .* save it as CSV in UTF-8"),
    "UTF-16 without BOM": ("1,blue hair\n".encode("utf-16-le"), False, "line 1: NUL bytes, as of UTF-16"),
    "UTF-32": ("1,blue hair\n".encode("utf-32"), False, "cannot be read as UTF-8 text"),
    "Latin-1": ("1,blue hair\nAndr\u00e9,red hair".encode("latin-1"), False, "cannot be read as UTF-8 text"),
    "Big5": ("1,藍色頭髮\n".encode("big5"), False, "cannot be read as UTF-8 text"),
    "NUL": ("1,blue hair\n2,red\0hair\n", False, "line 2: NUL bytes"),
    "a picture": (encoded(picture()), False, "cannot be read as UTF-8 text"),
    "a zip": (b"PK\3\4" + garbage(), False, "cannot be read as UTF-8 text"),
    "an unknown colour": ("1,silver hair\n", False, "line 1: 'silver' is no colour for hair; allowed: orange"),
    "another language": ("1,藍色頭髮\n", False, "line 1: '藍色頭髮' is followed by neither"),
    "a full-width comma": ("1，blue hair\n", False, "line 1: .* is not of the form"),
    "semicolons": ("1;blue hair\n2;red hair\n", False, "line 1: '1;blue hair' is not of the form"),
    "tabs": ("1\tblue hair\n", False, "line 1: .* is not of the form"),
    "no id": (",blue hair\n", False, "line 1: .* is not of the form"),
    "JSON": ('{"1": "blue hair"}\n', False, "line 1: .* is not of the form"),
    "an open quote": ('1,"blue hair\n2,red hair\n', False, "line 1: .* has a quote that is not closed"),
    "a cell of two lines": ('1,"blue hair\nred eyes"\n', False, "line 1: .* has a quote that is not closed"),
    "ids that fit nothing": (
        "8,blue hair\n9,red hair\n",
        False,
        "no row of tags.csv names a picture: the ids are 8, 9",
    ),
    "a line of 1 MB": ("1," + "blue " * 200_000 + "\n", False, "line 1: 'blue .* is followed by neither"),
    "a line of 1 MB without a comma": ("x" * 1_000_000, False, "line 1: .* is not of the form"),
}


def member(name, data=b"", method=8, size=None, packed=None, flags=0x800, mode=0, offset=None, crc=None):
    """What `raw_zip` takes: a member that may lie about its size, its method or its place."""
    if packed is None:
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush() if method == 8 else data
    return (name, packed, method, len(data) if size is None else size, flags, mode, offset, crc or zlib.crc32(data))


def raw_zip(*members, count=None):
    """A zip as bytes; `zipfile` would not write some of these."""
    body, directory = bytearray(), bytearray()
    for name, packed, method, size, flags, mode, offset, crc in members:
        name = name if isinstance(name, bytes) else name.encode("utf-8")
        fields = struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 33, crc, len(packed), size, len(name), 0)
        place = len(body) if offset is None else offset
        directory += b"PK\1\2\x14\3" + fields + struct.pack("<HHHII", 0, 0, 0, mode << 16, place) + name
        body += b"PK\3\4" + fields + name + packed
    n = len(members) if count is None else count
    return bytes(body + directory) + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, n, n, len(directory), len(body), 0)


def folder_of(path, files):
    """Write a folder of files, name -> bytes or text."""
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def zip_of(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path
