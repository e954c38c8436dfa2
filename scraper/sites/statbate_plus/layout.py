"""Where things stand on Statbate Plus. Component and property names are a model, not observed."""

from __future__ import annotations

from scraper import site

LAYOUT = site.Layout(
    base_url="https://plus.statbate.com",
    endpoints={
        "home": "/",
        "sign_in": "/login",
        "dashboard": "/dashboard",
        "chat": (
            "/model/{site}/{room}/chat?range%5B0%5D={since}&range%5B1%5D={until}"
            "&timezone=UTC&page={page}"
        ),
    },
    selectors={
        "page_end_text": "</html>",
        "page_object_script": 'script[data-page][type="application/json"]',
        "page_object": "[data-page]",
        "auth_property": "auth",
        "messages_property": "messages",
        "challenge_text": "<title>Just a moment...</title>",
        "slow_down_text": "Too Many Attempts.",
        "age_gate": '#age_gate, [id^="entrance_terms"]',
        "second_factor": (
            'input[autocomplete="one-time-code"], form[action$="two-factor-challenge"]'
        ),
        "second_factor_field": 'input[autocomplete="one-time-code"], input[name="code"]',
        "second_factor_submit": (
            'form:has(input[autocomplete="one-time-code"], input[name="code"]) [type="submit"]'
        ),
        "sign_in_form": 'form input[type="password"][name="password"]',
        "session_cookie_text": "statbate_plus_session, remember_web_*",
        "sign_in_error": ".errorlist, .error, [role=alert]",
        "account_locked_text": "locked|disabled|suspended|deactivated|banned",
        "sign_in_username": 'input[name="email"]',
        "sign_in_password": 'input[name="password"]',
        "sign_in_submit": 'form:has(input[name="password"]) button[type="submit"]',
    },
    sizes={"first_days": 30, "overlap_seconds": 600},
    timezone="UTC",
)
