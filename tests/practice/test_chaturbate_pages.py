"""The pages that Chaturbate's practice site writes: markers, lists, pagers and traps."""

from __future__ import annotations

import pytest
from selectolax.lexbor import LexborHTMLParser

from fixtures.practice import client
from tests.practice import given_visitor
from tests.practice.given_visitor import maybe, one

LISTS = ["/followed-cams/", "/followed-cams/online/", "/followed-cams/offline/"]


def names(page: LexborHTMLParser, css: str) -> list[str]:
    return [str(node.attributes["data-room"]) for node in page.css(css)]


def test_signing_in_takes_the_forms_own_token_and_gives_new_cookies(
    visitor: given_visitor.Visitor,
) -> None:
    visitor.get("/")
    before = dict(visitor.web.cookies)
    answer = visitor.send_form()
    assert answer.status_code == 302
    assert "HttpOnly" in answer.headers.get_list("set-cookie")[0]
    assert dict(visitor.web.cookies).keys() == {"sessionid", "csrftoken"}
    assert visitor.web.cookies["sessionid"] != before["sessionid"]
    assert visitor.practice.sign_ins() == 1


@pytest.mark.parametrize(("referer", "token"), [(False, None), (True, "f" * 64), (True, "")])
def test_a_form_without_referer_or_with_another_token_is_refused(
    visitor: given_visitor.Visitor, referer: bool, token: str | None
) -> None:
    answer = visitor.send_form(referer=referer, token=token)
    assert answer.status_code == 403
    assert "CSRF verification failed" in answer.text
    assert visitor.practice.sign_ins() == 0


def test_the_page_carries_a_second_csrf_token_that_is_not_the_forms(
    visitor: given_visitor.Visitor,
) -> None:
    first = one(visitor.page("/auth/login/"), "[name=csrfmiddlewaretoken]")
    token = str(first.attributes["value"])
    assert visitor.send_form(token=token).status_code == 403


def test_a_wrong_password_shows_the_form_again(visitor: given_visitor.Visitor) -> None:
    answer = visitor.send_form("guess")
    page = LexborHTMLParser(answer.text)
    assert answer.status_code == 200
    assert one(page, "#id_password") is not None
    keywords = one(page, "meta[name=keywords]").attributes["content"]
    assert str(keywords).startswith("Login, Chaturbate login")
    assert [item["outcome"] for item in visitor.practice.sign_in_attempts()] == ["wrong"]


def test_an_anonymous_visitor_gets_a_sessionid_that_proves_nothing(
    visitor: given_visitor.Visitor,
) -> None:
    answer = visitor.get("/")
    assert "sessionid" in visitor.web.cookies
    assert given_visitor.logged_in_user(answer.text) is None
    assert 'data-testid="username"' not in answer.text
    assert visitor.get("/followed-cams/").status_code == 302
    assert visitor.xhr("/api/ts/chatmessages/pm_users/?offset=0").status_code == 302


@pytest.mark.parametrize("path", [*LISTS, "/accounts/followers/", "/tipping/csv/history/"])
def test_the_signed_out_are_sent_to_the_sign_in_page(
    visitor: given_visitor.Visitor, path: str
) -> None:
    assert visitor.get(path).headers["location"] == f"/auth/login/?next={path}"


@pytest.mark.parametrize(
    ("kind", "place"), [("home", "/"), ("home_next", "/?next=/followed-cams/")]
)
def test_the_signed_out_can_be_sent_home_instead(
    visitor: given_visitor.Visitor, kind: str, place: str
) -> None:
    visitor.practice.configure(logged_out=kind)
    assert visitor.get("/followed-cams/").headers["location"] == place


@pytest.mark.parametrize("variant", ["json", "cards", "list"])
@pytest.mark.parametrize("path", ["/", *LISTS, "/accounts/followers/", "/operator_one/"])
def test_every_signed_in_page_carries_the_markers(
    visitor: given_visitor.Visitor, variant: str, path: str
) -> None:
    visitor.practice.configure(variant=variant, lag=2)
    answer = visitor.sign_in().get(path)
    page, truth = LexborHTMLParser(answer.text), visitor.practice.truth()["followed"]
    user = given_visitor.logged_in_user(answer.text)
    assert user is not None
    assert user["username"] == one(page, "[data-testid=username]").text() == client.USERNAME
    assert (user["total_followed"], user["online_followed"]) == (
        truth["total"],
        truth["online_total"],
    )
    assert one(page, 'form[action="/auth/logout/"]') is not None
    assert one(page, "a[data-testid=logout-link]") is not None
    assert one(page, "[data-testid=token-count]").text().isdigit()
    shown = one(page, "#followed_tab .followed_counts").text()
    assert shown == f"({truth['online_total'] - 2}/{truth['total'] - 2})"
    assert r"\u0022username\u0022" in answer.text


def test_the_header_menu_lists_online_rooms_and_then_strangers(
    visitor: given_visitor.Visitor,
) -> None:
    page = visitor.sign_in().page("/accounts/followers/")
    tables = page.css(".followedDropdown .followRoomTable")
    truth = visitor.practice.truth()["followed"]
    first, second = (
        [node.attributes["data-room"] for node in table.css("[data-room]")] for table in tables
    )
    assert first == truth["online"]
    assert len(second) == 6
    assert not {*second} & {*truth["online"], *truth["offline"]}
    assert len(page.css("[data-testid=room-card]")) == len(first) + 6


@pytest.mark.parametrize("part", ["online", "offline"])
def test_old_lists_show_the_followed_rooms_with_promoted_strangers_among_them(
    visitor: given_visitor.Visitor, part: str
) -> None:
    visitor.practice.configure(variant="list", rooms_page=30)
    visitor.sign_in()
    truth, seen = visitor.practice.truth()["followed"][part], list[str]()
    for number in range(1, -(-len(truth) // 30) + 1):
        page = visitor.page(f"/followed-cams/{part}/?page={number}")
        rows = page.css("ul#room_list > li.room_list_room")
        own = [row for row in rows if maybe(row, ".icon_following")]
        promoted = [row for row in rows if maybe(row, ".icon_not_following")]
        assert len(promoted) == (1 if number == 1 and part == "online" else 0)
        assert all("'Promoted'" in str(row.attributes["onmousedown"]) for row in promoted)
        assert all(one(row, ".thumbnail_label_c_promoted") for row in promoted)
        seen += [str(one(row, "[data-slug]").attributes["data-slug"]) for row in own]
        assert all(one(row, "div.title > a[data-room]").text()[0] == " " for row in own)
    assert seen == truth


def test_the_old_pager_leaves_page_one_bare_and_ends_in_a_dead_next(
    visitor: given_visitor.Visitor,
) -> None:
    visitor.practice.configure(variant="list", rooms_page=30)
    first = visitor.sign_in().page("/followed-cams/online/")
    last = visitor.page("/followed-cams/online/?page=3")
    assert one(first, "ul.paging a.prev").attributes["href"] == "#"
    assert one(first, "ul.paging li.active a").attributes["href"] == "/followed-cams/online/"
    assert one(first, "ul.paging a.next").attributes["href"] == "/followed-cams/online/?page=2"
    assert one(last, "ul.paging a.next").attributes == {"class": "next", "href": "#"}
    visitor.practice.configure(variant="list", keep_sessions=True)
    assert visitor.page("/followed-cams/online/").css("ul.paging") == []


@pytest.mark.parametrize("part", ["online", "offline"])
def test_cards_show_the_followed_rooms_apart_from_recommendations(
    visitor: given_visitor.Visitor, part: str
) -> None:
    visitor.practice.configure(variant="cards", rooms_page=30)
    visitor.sign_in()
    truth, seen = visitor.practice.truth()["followed"][part], list[str]()
    for number in range(1, -(-len(truth) // 30) + 1):
        page = visitor.page(f"/followed-cams/{part}/?page={number}")
        cards = page.css("#roomlist_root > ul.endless_page_template > li.roomCard")
        own = [card for card in cards if maybe(card, ".icon_following")]
        seen += [one(card, "[data-testid=room-card-username]").text() for card in own]
        assert len(cards) - len(own) == (1 if number == 1 and part == "online" else 0)
        assert len(page.css(".followRecommendations li.roomCard")) == 6
    assert seen == truth


def test_the_new_pager_keeps_an_address_on_a_disabled_next(visitor: given_visitor.Visitor) -> None:
    visitor.practice.configure(variant="cards", rooms_page=30)
    page = visitor.sign_in().page("/followed-cams/online/?page=3")
    own, recommended = page.css("div[data-testid=room-list-pagination-component]")
    after = one(own, "a[data-testid=next-button]")
    assert after.attributes["href"] == "?page=4"
    assert "no-link" in str(after.attributes["class"])
    assert "no-link" not in str(one(own, "a[data-testid=prev-button]").attributes["class"])
    assert one(recommended, "[data-testid=page-number-button]").attributes["href"] == "?pageb=1"


def test_the_shell_of_the_json_variant_holds_no_card_of_its_own(
    visitor: given_visitor.Visitor,
) -> None:
    page = visitor.sign_in().page("/followed-cams/")
    assert one(page, "#roomlist_root[data-testid=room-list]").text(strip=True) == ""
    assert visitor.get("/static/roomlist.js").status_code == 200


@pytest.mark.parametrize("variant", ["p1", "p2"])
def test_followers_pages_show_everybody_newest_first(
    visitor: given_visitor.Visitor, variant: str
) -> None:
    visitor.practice.configure(followers_variant=variant, followers=90, vanished=2)
    visitor.sign_in()
    seen = [name for page in range(1, 5) for name in visitor.followers(page)]
    assert seen == [*visitor.practice.truth()["followers"], "None", "None"]
    assert 'href="/None/"' not in visitor.get("/accounts/followers/?page=4").text


@pytest.mark.parametrize("variant", ["p1", "p2"])
def test_a_followers_page_past_the_end_is_empty_or_the_last_again(
    visitor: given_visitor.Visitor, variant: str
) -> None:
    visitor.practice.configure(followers_variant=variant)
    assert visitor.sign_in().followers(99) == []
    visitor.practice.configure(followers_variant=variant, beyond="clamp", keep_sessions=True)
    assert visitor.followers(99) == visitor.followers(4)


@pytest.mark.parametrize(
    ("variant", "css"), [("p1", "p.no_results"), ("p2", "[data-testid=no-results-message]")]
)
def test_without_followers_the_page_says_so(
    visitor: given_visitor.Visitor, variant: str, css: str
) -> None:
    visitor.practice.configure(followers_variant=variant, followers=0)
    page = visitor.sign_in().page("/accounts/followers/")
    assert one(page, css) is not None
    assert page.css("ul.followers, [data-testid=followers-list]") == []


@pytest.mark.parametrize("variant", ["cards", "list"])
def test_without_followed_rooms_the_page_says_so(
    visitor: given_visitor.Visitor, variant: str
) -> None:
    visitor.practice.configure(variant=variant, followed=0)
    page = visitor.sign_in().page("/followed-cams/online/")
    assert one(page, "p.no_results, [data-testid=no-results-message]") is not None


def test_room_pages_have_both_buttons_and_only_the_style_tells(
    visitor: given_visitor.Visitor,
) -> None:
    room = visitor.practice.truth()["followed"]["online"][0]
    page = visitor.sign_in().page(f"/{room}/")
    assert one(page, ".followButton").attributes["style"] == "display: none"
    assert one(page, ".unfollowButton").attributes["style"] == "display: inline"


def test_pages_can_be_german(visitor: given_visitor.Visitor) -> None:
    visitor.practice.configure(variant="cards", language="de")
    page = visitor.sign_in().page("/followed-cams/online/")
    assert one(page, "html").attributes["lang"] == "de"
    assert "Zuschauer" in one(page, ".roomCard .viewers").text()
    assert one(page, ".followed_text").text() == "FOLGE ICH"


def test_hostile_words_are_escaped(visitor: given_visitor.Visitor) -> None:
    visitor.practice.configure(variant="cards", followed=60)
    text = visitor.sign_in().get("/followed-cams/online/").text
    assert "somewhere &lt;warm&gt;" in text
    assert "<warm>" not in text
    assert names(LexborHTMLParser(text), "#roomlist_root a.room_thumbnail_container")
