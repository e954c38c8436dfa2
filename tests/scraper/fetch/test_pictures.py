"""Pictures are kept once, whole and small; parsers see a note of them."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixtures.practice import client, options, world
from fixtures.practice import pictures as practice_pictures
from models import records
from models.records import chaturbate
from scraper import errors, payload, private_file
from scraper.fetch import http, pictures, routed
from scraper.sites.chaturbate import endpoints
from scraper.sites.chaturbate.site import SITE
from tests.scraper import given_answers as given
from tests.scraper.sites import given_walks

JPEG = practice_pictures.jpeg("alice")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
WEBP = b"RIFF\x24\0\0\0WEBPVP8 " + b"\0" * 40
ROOM = 10_000_000
KNOWN: dict[str, Any] = {"followed": 30, "seed": 3, "now": given_walks.NOW.timestamp()}


def mark(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


def asked(name: str = "alice") -> payload.Request:
    found = endpoints.image(SITE.layout, name, f"https://thumb.invalid/ri/{name}.jpg")
    assert found
    return found


def fetch_of(body: bytes, status: int = 200) -> routed.Fetch:
    async def fetch(request: payload.Request) -> tuple[payload.Payload, ...]:
        return (given.answer(body, request, status=status, content_type="image/jpeg"),)

    return fetch


async def noted(body: bytes, folder: pictures.Folder, status: int = 200) -> payload.Payload:
    (answer,) = await pictures.kept(fetch_of(body, status), folder)(asked())
    return answer


def said(answer: payload.Payload) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(answer.body)
    return told


def files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> pictures.Folder:
    return pictures.Folder(tmp_path / "pictures", ROOM)


# what is kept


@pytest.mark.parametrize(
    ("picture", "kind", "suffix"),
    [(JPEG, "image/jpeg", "jpg"), (PNG, "image/png", "png"), (WEBP, "image/webp", "webp")],
)
async def test_a_picture_is_kept_under_its_hash_and_a_note_is_handed_on(
    folder: pictures.Folder, tmp_path: Path, picture: bytes, kind: str, suffix: str
) -> None:
    answer = await noted(picture, folder)

    path = f"{mark(picture)[:2]}/{mark(picture)}.{suffix}"
    assert said(answer) == {
        "sha256": mark(picture),
        "size": len(picture),
        "media_type": kind,
        "path": path,
        "placeholder": False,
    }
    assert (tmp_path / "pictures" / path).read_bytes() == picture
    assert answer.headers["content-type"] == "application/json"


async def test_the_same_picture_is_kept_once(folder: pictures.Folder, tmp_path: Path) -> None:
    first = await noted(JPEG, folder)
    (file,) = files(tmp_path)
    before = file.stat().st_mtime_ns
    second = await noted(JPEG, folder)

    assert first.body == second.body
    assert files(tmp_path) == [file]
    assert file.stat().st_mtime_ns == before


async def test_a_picture_that_was_cut_short_on_the_disk_is_written_anew(
    folder: pictures.Folder, tmp_path: Path
) -> None:
    await noted(JPEG, folder)
    (file,) = files(tmp_path)
    file.write_bytes(JPEG[:10])
    await noted(JPEG, folder)

    assert file.read_bytes() == JPEG


async def test_a_placeholder_is_recognised_and_not_kept(tmp_path: Path) -> None:
    folder = pictures.Folder(tmp_path, ROOM, [f" {mark(JPEG).upper()} ", ""])
    answer = await noted(JPEG, folder)

    assert (said(answer)["placeholder"], said(answer)["path"]) == (True, None)
    assert files(tmp_path) == []


async def test_a_full_folder_takes_no_more_but_the_picture_is_known(tmp_path: Path) -> None:
    other = practice_pictures.jpeg("bob")
    folder = pictures.Folder(tmp_path, len(JPEG) + len(other) - 1)
    await noted(JPEG, folder)
    answer = await noted(other, folder)

    assert (said(answer)["path"], said(answer)["sha256"]) == (None, mark(other))
    assert [file.read_bytes() for file in files(tmp_path)] == [JPEG]
    assert said(await noted(JPEG, folder))["path"]


async def test_what_lay_in_the_folder_before_counts(tmp_path: Path) -> None:
    await noted(JPEG, pictures.Folder(tmp_path, ROOM))
    other = practice_pictures.jpeg("bob")
    answer = await noted(other, pictures.Folder(tmp_path, len(JPEG)))

    assert said(answer)["path"] is None


async def test_what_killed_writers_left_is_removed_after_an_hour(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    old, new = tmp_path / "ab" / ".one.jpg.1234", tmp_path / "ab" / ".two.jpg.5678"
    for draft in (old, new):
        draft.write_bytes(JPEG)
    os.utime(old, (1, 1))
    await noted(JPEG, pictures.Folder(tmp_path, ROOM))

    assert not old.exists()
    assert new.exists()


def test_many_may_write_the_same_picture_at_the_same_time(tmp_path: Path) -> None:
    place = tmp_path / "one.jpg"
    written: list[int] = []

    def write(number: int) -> None:
        private_file.add(place, JPEG)
        written.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(written) == [*range(8)]
    assert [file.read_bytes() for file in files(tmp_path)] == [JPEG]
    assert not private_file.exposed(place)


async def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("a file, not a folder")

    with pytest.raises(errors.BadConfig, match="pictures"):
        await noted(JPEG, pictures.Folder(tmp_path / "pictures", ROOM))


# what is not


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"\xff\xd8\xff" + b"\0" * pictures.LARGEST, "too_large"),
        (b"GIF89a\0\0" + b"\xff" * 40, "no_picture"),
        (b"\0" * 5000, "no_picture"),
        (b"letters " * 1000, "no_picture"),
        (b"", "no_picture"),
    ],
)
async def test_what_is_no_picture_is_not_kept_nor_handed_on(
    folder: pictures.Folder, tmp_path: Path, body: bytes, why: str
) -> None:
    answer = await noted(body, folder)

    assert said(answer) == {"refused": why}
    assert files(tmp_path) == []
    (stated,) = SITE.parsers["image"](answer, SITE.layout).records
    assert (stated.outcome, stated.rest) == (why, 86_400.0)  # type: ignore[attr-defined]


async def test_a_picture_of_just_the_largest_size_is_kept(folder: pictures.Folder) -> None:
    body = b"\xff\xd8\xff".ljust(pictures.LARGEST, b"\0")

    assert said(await noted(body, folder))["size"] == pictures.LARGEST


@pytest.mark.parametrize("body", [b"<html><h1>We will be right back</h1></html>", b"Slow down."])
async def test_what_a_site_says_instead_of_a_picture_is_handed_on(
    folder: pictures.Folder, body: bytes
) -> None:
    assert (await noted(body, folder)).body == body


@pytest.mark.parametrize(("body", "left"), [(b"Too Many Requests", True), (JPEG, False)])
async def test_of_an_answer_that_is_no_success_words_alone_are_handed_on(
    folder: pictures.Folder, body: bytes, left: bool
) -> None:
    answer = await noted(body, folder, status=429)

    assert (answer.status, answer.body) == (429, body if left else b"")


async def test_requests_for_anything_else_pass_untouched(folder: pictures.Folder) -> None:
    request = given.request("shell")
    (answer,) = await pictures.kept(fetch_of(JPEG), folder)(request)

    assert answer.body == JPEG


# end to end


@pytest.fixture(scope="module")
def practice() -> Iterator[client.Practice]:
    with client.Practice(**KNOWN) as running:
        yield running


async def test_the_thumbnails_of_watched_rooms_are_kept_as_the_site_shows_them(
    practice: client.Practice, tmp_path: Path
) -> None:
    here = world.World(options.read(dict(KNOWN)))
    rooms = [*here.online()[:3], *here.offline()[:2]]
    layout = msgspec.structs.replace(SITE.layout, base_url=practice.chaturbate)
    images = {
        name: f"{practice.chaturbate}/ri/{name}.jpg"
        for name in (*(room.username for room in rooms), "nobody_here")
    }
    errand = given_walks.errand(*images, images=images)
    folder = pictures.Folder(tmp_path, ROOM, [mark(practice_pictures.PLACEHOLDER)])
    stated: list[records.Record] = []
    async with http.open_http(deadline=5) as plain:
        fetch = pictures.kept(plain, folder)
        for request in SITE.collectors["images"].start(errand, layout):
            (answer,) = await fetch(request)
            SITE.guard(answer, layout)
            stated += SITE.parsers["image"](answer, layout).records

    kept = {one.username: one for one in stated if isinstance(one, chaturbate.RoomImage)}
    assert kept.keys() == {room.username for room in rooms}
    for room in rooms:
        image = kept[room.username]
        assert (image.url, image.sha256) == (
            images[room.username],
            mark(practice_pictures.told(room)),
        )
        assert image.placeholder == (not room.online)
        assert bool(image.path) == room.online
    assert len(files(tmp_path)) == 3
    gone = given_walks.polled(stated, "image")["nobody_here"]
    assert gone == ("not_found", 0.0)
