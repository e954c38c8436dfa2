"""The practice sites as a process: they start fast, steer by their options, and leave nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from fixtures.practice import client
from tests.practice.given_visitor import Visitor

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "fixtures.practice"]


def gone(pid: int, within: float = 5.0) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_options_reach_the_world_from_the_command_line() -> None:
    with client.Practice(seed=3, followed=5, followers=7, variant="list", fingerprint=True) as own:
        told = own.status()["options"]
        assert (told["seed"], told["variant"], told["fingerprint"]) == (3, "list", True)
        assert len(own.truth()["followers"]) == 7
        assert own.chaturbate != own.statbate_plus
        pid = own.pid
    assert gone(pid)


def test_wrong_options_are_refused_at_the_start(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="exit code 2"), client.Practice(variant="xml"):
        pass
    assert "invalid choice" in capfd.readouterr().err


def test_two_pairs_of_sites_run_side_by_side() -> None:
    with client.Practice(seed=1) as one, client.Practice(seed=2) as two:
        assert one.truth()["followers"] != two.truth()["followers"]


def test_it_ends_when_its_input_closes() -> None:
    with subprocess.Popen(COMMAND, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as own:
        assert own.stdin is not None
        assert own.stdout is not None
        assert json.loads(own.stdout.readline()).keys() == {
            "chaturbate",
            "statbate_plus",
            "cbhours",
            "statbate",
            "stripchat",
            "camsoda",
            "relay",
            "control",
        }
        own.stdin.close()
        assert own.wait(5) == 0


def test_it_ends_on_sigterm_even_while_an_answer_stalls() -> None:
    with client.Practice() as own, Visitor(own) as visitor:
        own.fault("stall", path="/", times=None)
        with visitor.web.stream("GET", "/auth/login/"):
            process = psutil.Process(own.pid)
            process.send_signal(signal.SIGTERM)
            assert gone(own.pid)


def test_it_ends_when_its_parent_is_killed() -> None:
    parent = textwrap.dedent("""
        import sys, time
        from fixtures.practice import client
        with client.Practice() as own:
            print(own.pid, flush=True)
            time.sleep(60)
    """)
    with subprocess.Popen(
        [sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        pid = int(started.stdout.readline())
        started.kill()
        assert gone(pid)


def test_it_ends_when_its_parent_is_gone_though_its_input_stays_open() -> None:
    parent = textwrap.dedent("""
        import subprocess, sys
        own = subprocess.Popen(
            [sys.executable, "-m", "fixtures.practice"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True)
        own.stdout.readline()
        print(own.pid, flush=True)
        import os
        os._exit(0)
    """)
    done = subprocess.run(
        [sys.executable, "-c", parent], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert gone(int(done.stdout))


def test_it_listens_on_loopback_alone() -> None:
    with client.Practice() as own:
        places = psutil.Process(own.pid).net_connections(kind="tcp")
        listening = {place.laddr.ip for place in places if place.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_a_page_costs_the_server_under_two_milliseconds() -> None:
    with client.Practice(followers=5_000) as own, Visitor(own) as visitor:
        visitor.sign_in()
        process = psutil.Process(own.pid)
        before = process.cpu_times()
        for number in range(1, 201):
            visitor.get(f"/accounts/followers/?page={number}")
        after = process.cpu_times()
    spent = after.user + after.system - before.user - before.system
    assert spent / 200 < 0.002
