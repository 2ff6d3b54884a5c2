import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.order_processing.engine.intake import archive


def packed(*files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files:
            made.writestr(name, content)
    return stream.getvalue()


def codes(findings):
    return [finding.code for finding in findings]


def test_names_lose_their_folders():
    names = ("a.json", "../../etc/b.json", "C:\\x\\c.json", "/d.json", "folder/")
    files, findings = archive.unpack(
        packed(*((name, b"{}") for name in names[:-1]), ("folder/", b""))
    )
    assert [name for _content, name in files] == ["a.json", "b.json", "c.json", "d.json"]
    assert not findings


def test_bomb_that_lies_about_its_size():
    bomb = bytearray(packed(("bomb.json", b"0" * (archive.SMALL * 3))))
    small = (10).to_bytes(4, "little")
    size = (archive.SMALL * 3).to_bytes(4, "little")
    bomb = bytes(bomb.replace(size, small))
    files, findings = archive.unpack(bomb)
    assert not files
    assert codes(findings)[0] in ("bad_zip", "zip_ratio")


def test_encrypted_entries_are_left_out():
    data = bytearray(packed(("a.json", b"{}")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    assert codes(archive.unpack(bytes(data))[1]) == ["zip_encrypted"]


@given(st.binary(max_size=400), st.integers(0, 200), st.binary(min_size=1, max_size=8))
def test_no_bytes_raise(noise, place, patch):
    archive.unpack(b"PK\x03\x04" + noise)
    data = packed(("a.json", b"{}" * 40), ("b.json", b"[]"))
    data = data[:place] + patch + data[place + len(patch) :]
    files, findings = archive.unpack(data)
    assert files or findings
