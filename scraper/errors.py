"""Every error of ours, named for what the caller must do.

    GreenroomError
    ├── TryLater        a passing trouble: wait (`retry_after` seconds if the site said so), try again
    ├── SignInAgain     the session is gone: sign in once more, then go on from the same lead
    ├── NeedsOperator   a human must act: challenge, second factor, age gate, wrong password
    ├── PageChanged     the answer is not in the format we know: refuse, keep the evidence
    ├── Refused         the site says no: not found, not allowed
    ├── Busy            another run has the account's browser
    ├── StorageTrouble  the database or the disk cannot be used as it is
    └── BadConfig       the settings or the command are wrong: nothing was done

Each carries a stable `code`; `CODES` says what each code means and what to do, and
`docs/operating.md` has a line for each.
"""

from __future__ import annotations

CODES: dict[str, str] = {
    # TryLater
    "throttled": "The site asked us to slow down (429, or 403 with its slow-down text). Wait; lower requests_per_minute.",
    "breaker_open": "The site asked us to slow down three times in a row. Nobody asks it anything for a quarter of an hour; then it goes on.",
    "server_error": "The site answered 5xx. Run again later; `runs resume` goes on from the same page.",
    "connection_lost": "The connection broke or could not be made. Check the network and base_url, then resume.",
    "timed_out": "No complete answer within the deadline. Resume later; check the network.",
    "body_truncated": "The answer was cut off in the middle. Resume later.",
    "empty_answer": "An answer that must hold something came back empty. Resume later.",
    "wrong_page": "The site served another page than the one asked for. Resume later.",
    "list_shifted": "The list changed again and again while it was read. Run again later.",
    "site_updating": "The site changed its version again and again while it was read. Run again later.",
    "body_too_large": "The answer is larger than the limit and was dropped. Resume later; report it if it stays.",
    "browser_lost": "The browser ended or stopped answering. Run again; `doctor` checks the browser.",
    "capture_lost": "An answer that a page loaded could not be read whole. Resume later.",
    # SignInAgain
    "signed_out": "The site sent us to its sign-in page. Set the account's password so that a run can sign in.",
    "follow_filter_ignored": "The site served people who are not followed: a dead session. Sign in again.",
    # NeedsOperator
    "wrong_user": "The browser is signed in as somebody else than the account's username.",
    "bad_credentials": "The site did not accept the username and password.",
    "no_password": "Signing in needs a password: `accounts store-password NAME`, set GREENROOM_PASSWORD_<NAME>, or run at a terminal.",
    "window_needed": "Nobody but you signs in at this site: `accounts sign-in NAME` opens a window, or `accounts import-session`.",
    "sign_in_too_soon": "The last sign-in attempt was under a minute ago; wait, so that the account is not locked.",
    "challenge": "The site shows a bot check. Greenroom never gets round one: open the site yourself first.",
    "age_gate": "The site shows its age gate instead of the page. Accept it once in a browser.",
    "second_factor": "The site asks for a second factor. Give its code with `greenroom accounts answer`.",
    "second_factor_wrong": "The site did not take the code. Give the next one; each attempt counts at the site.",
    "second_factor_expired": "The sign-in that waited for a code is over. Sign in again, or `runs resume`, to be asked anew.",
    "answer_command_failed": "The account's answer_command gave no code. Run it by hand, or give the code with `accounts answer`.",
    "sign_in_unclear": "After signing in the page shows neither the form nor a signed-in user.",
    "vault_key_missing": "The key that opens the vault is not there. Give it back, or sign in again: all data is kept.",
    "vault_key_wrong": "The vault is sealed with another key than the one at hand. Give the right one, or sign in again: all data is kept.",
    "vault_damaged": "A sealed file was damaged or changed on the disk. Sign in again, or store the password again: all data is kept.",
    "account_locked": "The site says that the account is locked or disabled. Ask the site; do not try again and again.",
    "session_empty": "There is no cookie of the site in the session. Sign in there first, in a private window; export, then close it.",
    "no_session_cookie": "The cookie that makes a session is not among those of the site. Export them all, also those marked HttpOnly.",
    "session_expired": "The session's own cookie has passed its date. Sign in anew in a private window; export, then close it.",
    "sign_in_unfinished": "Nobody signed in before the deadline, so nothing was stored. Try again, with a longer --deadline.",
    "no_token": "The interface wants a token of the account, and there is none. Store it with `greenroom accounts store-token`.",
    "token_refused": "The site refuses the account's token. Make a new one there and store it; the old one is not sent again.",
    # PageChanged
    "page_changed": "A page is not in the format this version knows. Nothing was inferred from it.",
    "not_json": "JSON was expected and something else came.",
    "selector_missing": "An element that must be on the page is not there. Override the selector in the settings.",
    "no_progress": "Page after page of a list shows nobody new; the walk was stopped. Resume or run again later.",
    "format_unknown": "The page shows neither entries nor the site's own message that there are none.",
    "list_empty_but_declared": "The page shows no entries although the site declares some. Resume later; if it stays, override the selector.",
    "unexpected_language": "The page is in another language than the one its texts are read in.",
    "hostile_input": "The page is deeper, larger or stranger than any real page; it was not parsed.",
    # Refused
    "not_found": "The site has no such page or room (404).",
    "forbidden": "The site refuses this page to the account (401 or 403).",
    # Busy
    "account_busy": "Another run uses this account right now. Try again when it has ended, or wait for it with --wait.",
    "account_elsewhere": "Another machine holds this account. If nothing runs there any more, delete the file that the message names.",
    "vault_busy": "Another process works on the vault for too long. Try again when it has ended.",
    # StorageTrouble
    "database_url": "The database URL is not one Greenroom can open: sqlite:///file.db or postgresql://user:password@host/name.",
    "database_unreachable": "The database cannot be opened, read or written. Check its place, its rights and that it runs.",
    "database_busy": "Somebody else writes to the database for too long. Try again.",
    "database_newer": "The database was made by a newer Greenroom. Install that version or a newer one.",
    "database_outdated": "The tables are older than the program. Run `greenroom db upgrade`.",
    "database_damaged": "The database file is damaged. Stop all runs, keep the file, restore a backup.",
    "disk_full": "The disk is full. Free some space, then resume.",
    # BadConfig
    "session_unreadable": "The file is no session: neither storage state, nor cookie JSON, nor cookies.txt, nor a Cookie header.",
    "no_screen": "There is no screen for a window. Use `--remote-debugging PORT`, or `accounts import-session`.",
    "not_possible": "What was asked cannot be done to this run or list as it stands; the message says why.",
    "deadline_passed": "The run worked longer than its deadline and was ended. `runs resume` goes on; give it more time.",
    "memory_exceeded": "The run's processes used more memory than service.memory_mb and were ended. `runs resume` goes on.",
    "crashed": "The process of the run died before it could say why. `runs log` shows its last lines; `runs resume` goes on.",
    "internal": "A fault in Greenroom itself. Nothing was half applied; report the run's log.",
    "no_complete_list": "No complete list covers the asked time or run, so nobody can say who was on it. Collect one.",
    "bad_config": "A setting is missing, unknown or has a value that cannot be. Correct the key that the message names.",
    "browser_missing": "No Chromium was found. Run `make setup` or `playwright install chromium`, or set browser.executable.",
    "browser_unusable": "Chromium was found but does not start. Run it by hand to see why, or set browser.executable to another.",
    "bad_request": "The command asks for something that does not exist or cannot be. `--help` says what can be asked.",
}


class GreenroomError(Exception):
    """An error with a stable code, a message for a human and, where there is one, the URL."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        url: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message or CODES[code])
        self.code = code
        self.url = url
        self.retry_after = retry_after

    @property
    def message(self) -> str:
        """What happened, in a sentence."""
        return str(self.args[0])

    @property
    def remedy(self) -> str:
        """What the code means and what to do."""
        return CODES[self.code]


class TryLater(GreenroomError):
    """A passing trouble: wait, then try the same request again."""


class SignInAgain(GreenroomError):
    """The session is gone: sign in once more, then go on from the same lead."""


class NeedsOperator(GreenroomError):
    """A human must act before anything else is asked of the site."""


class PageChanged(GreenroomError):
    """The answer is not in the format we know; nothing is inferred from it."""


class Refused(GreenroomError):
    """The site says no."""


class Busy(GreenroomError):
    """Another run has the account's browser."""


class StorageTrouble(GreenroomError):
    """The database or the disk cannot be used as it is; nothing was half written."""


class BadConfig(GreenroomError):
    """The settings or the command are wrong; nothing was done."""
