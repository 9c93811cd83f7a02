"""Hair and eye colours as text: the vector, the two courses' tag files, and their test texts."""

import numpy as np
import pytest
from conftest import REAL, real

from hwlib.data import tags
from hwlib.data.tags import EYES, HAIR, DataError, decode, encode, grid, parse, read_tags_csv, read_test_text


def named(text):
    return decode(parse(text))


def test_a_text_has_24_columns_of_which_the_first_is_never_set():
    assert tags.TEXT_DIM == 24
    assert (len(HAIR), len(EYES)) == (12, 11)
    assert encode(HAIR, EYES).dtype == np.uint8
    assert encode(hair=HAIR).nonzero()[0].tolist() == list(range(1, 13))
    assert encode(eyes=EYES).nonzero()[0].tolist() == list(range(13, 24))
    assert encode("orange", "gray").nonzero()[0].tolist() == [1, 13]


def test_decoding_gives_back_what_was_encoded():
    assert decode(encode("blue", "red")) == (("blue",), ("red",))
    assert decode(encode(["pink", "white"], [])) == (("white", "pink"), ())
    assert decode(np.zeros(24)) == ((), ())


def test_a_vector_of_another_length_is_refused():
    with pytest.raises(DataError, match=r"shape \(24,\), not \(23,\)"):
        decode(np.zeros(23))


def test_the_grid_is_11_eye_colours_by_12_hair_colours():
    vectors = grid()
    assert vectors.shape == (132, 24)
    assert vectors.dtype == np.uint8
    rows = vectors.reshape(11, 12, 24)
    assert decode(rows[0, 0]) == (("orange",), ("gray",))
    assert decode(rows[0, 11]) == (("blonde",), ("gray",))
    assert decode(rows[10, 0]) == (("orange",), ("blue",))
    assert len(np.unique(vectors, axis=0)) == 132


@pytest.mark.parametrize(
    ("text", "hair", "eyes"),
    [
        ("blue hair red eyes", ("blue",), ("red",)),
        ("red eyes blue hair", ("blue",), ("red",)),
        ("blonde hair", ("blonde",), ()),
        ("yellow eyes", (), ("yellow",)),
        ("blue green hair red eyes", ("green", "blue"), ("red",)),
        ("blue hair green hair", ("green", "blue"), ()),
        ("  Grey HAIR  ", ("gray",), ()),
        ("blond hair grey eyes", ("blonde",), ("gray",)),
        ("", (), ()),
    ],
)
def test_a_text_names_hair_and_eyes_in_any_order(text, hair, eyes):
    assert named(text) == (hair, eyes)


@pytest.mark.parametrize(
    ("text", "hair", "eyes"),
    [
        ("blue hair:12\tred eyes:3\tsolo:99", ("blue",), ("red",)),
        ("long hair:9\ttwo-tone hair:2\tlight blue hair:1\tblonde hair:4\t", ("blonde",), ()),
        ("touhou:17705\tchibi:2", (), ()),
        ("1girl:5\taqua hair:1\tpink hair:1", ("aqua", "pink"), ()),
        ("yellow hair:1\twhite eyes:1", (), ()),
    ],
)
def test_of_the_free_tags_of_2017_only_known_colours_count(text, hair, eyes):
    assert named(text) == (hair, eyes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("silver hair", "'silver' is no colour for hair; allowed: orange white aqua gray"),
        ("yellow hair", "'yellow' is no colour for hair"),
        ("blonde eyes", "'blonde' is no colour for eyes; allowed: gray black orange pink yellow"),
        ("blue hair red", "'red' is followed by neither 'hair' nor 'eyes'"),
        ("hair red eyes", "no colour before 'hair'"),
    ],
)
def test_a_text_that_is_not_understood_is_refused(text, message):
    with pytest.raises(DataError, match=message):
        parse(text)


@pytest.mark.parametrize("heading", ["id,tags", "image_id,tags\r", '"id","tags"', "\ufeffname,Text", ",tags", "tags"])
def test_a_heading_is_passed_over(heading):
    assert list(read_tags_csv([heading, "7,blue hair"], "tags.csv")) == ["7"]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('1,"blue hair, red eyes"\r\n', "1"),
        ('"1","blue hair red eyes"', "1"),
        ('"a ""b"".png","red eyes, blue hair"', 'a "b".png'),
        ('"a,b.png", "blue hair, red eyes"', "a,b.png"),
        ("1,blue hair,red eyes", "1"),
        ('"1","blue hair:3\tred eyes:1"', "1"),
    ],
)
def test_cells_in_quotes_are_read_as_spreadsheets_and_pandas_write_them(line, key):
    ((found, vector),) = read_tags_csv([line], "tags.csv").items()
    assert (found, decode(vector)) == (key, (("blue",), ("red",)))


def test_a_free_tag_of_2017_may_begin_with_a_quote():
    texts = read_tags_csv(['1,"o:3\tblue hair:2\n', "2,blue hair:1"], "tags_clean.csv")
    assert [decode(vector)[0] for vector in texts.values()] == [("blue",), ("blue",)]


def test_a_file_of_very_many_rows_is_refused(monkeypatch):
    monkeypatch.setattr(tags, "ROWS", 3)
    assert len(read_tags_csv(["1,", "2,", "3,"], "my.csv")) == 3
    with pytest.raises(DataError, match="more than 3 rows: leave those that name a picture"):
        read_tags_csv(["1,", "2,", "3,", "4,"], "my.csv")


def test_a_message_is_one_line_however_odd_the_text():
    with pytest.raises(DataError) as error:
        parse("blue\x1b[31m\u202e " * 10_000 + "hair")
    assert len(str(error.value)) <= 300
    assert str(error.value).isprintable()


def test_an_id_given_twice_gets_the_colours_of_both_rows():
    texts = read_tags_csv(["3,blue hair", "3,green hair red eyes"], "tags.csv")
    assert decode(texts["3"]) == (("green", "blue"), ("red",))


def test_a_test_text_keeps_its_order_and_its_repeated_ids(tmp_path):
    path = tmp_path / "test.txt"
    path.write_bytes("\ufeff2,blue hair red eyes\r\n1,red eyes\r\n2,green hair\r\n\r\n".encode())
    rows = read_test_text(path)
    assert [key for key, _ in rows] == ["2", "1", "2"]
    assert [decode(vector) for _, vector in rows] == [(("blue",), ("red",)), ((), ("red",)), (("green",), ())]


def test_a_bad_test_text_is_refused(tmp_path):
    path = tmp_path / "test.txt"
    with pytest.raises(DataError, match=r"cannot read the test text .*test\.txt"):
        read_test_text(path)
    path.write_text("1,blue hair\n2,teal eyes\n")
    with pytest.raises(DataError, match=r"test\.txt, line 2: 'teal' is no colour for eyes"):
        read_test_text(path)
    path.write_bytes(b"\xff\xfe1\x00")
    with pytest.raises(DataError, match="cannot read the test text"):
        read_test_text(path)


@pytest.mark.parametrize("key", ["../../1", "/etc/passwd", "C:\\1", "1\x1b", "1" * 200])
def test_an_id_that_would_lead_out_of_the_folder_of_samples_is_refused(tmp_path, key):
    (tmp_path / "test.txt").write_text(f"{key},blue hair\n")
    with pytest.raises(DataError, match="cannot be part of a file's name"):
        read_test_text(tmp_path / "test.txt")


@real
def test_the_courses_test_texts_are_read():
    rows = read_test_text(REAL / "testing_tags.txt")
    assert len(rows) == 25
    assert decode(rows[0][1]) == (("blue",), ("blue",))
    assert decode(rows[24][1]) == (("green",), ("red",))
    assert [key for key, _ in read_test_text(REAL / "sample_testing_text.txt")] == ["1", "2", "3", "4"]
