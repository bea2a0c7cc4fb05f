"""Bodies are read before a turn is taken, so slow senders hold up nobody."""

from __future__ import annotations

import threading
from io import BytesIO

from config.bodies import Whole


class Slow:
    """A body whose sender says nothing until the end of the test."""

    def __init__(self, end):
        self.end, self.is_waited_for = end, threading.Event()

    def read(self, length):
        self.is_waited_for.set()
        self.end.wait(30)
        return b"x" * length


def echo(environ, start):
    start("200 OK", [])
    return [environ["wsgi.input"].read()]


def ask(application, body, length, address="192.0.2.1"):
    said = []
    environ = {"CONTENT_LENGTH": length, "wsgi.input": body, "REMOTE_ADDR": address}
    answer = application(environ, lambda status, _headers: said.append(status))
    return said[0], b"".join(answer)


def test_slow_senders_take_nobodys_turn():
    application = Whole(echo, at_once=1, most_kept=100, most_waits=20)
    end = threading.Event()
    held = [threading.Thread(target=ask, args=(application, Slow(end), "5")) for _ in range(5)]
    for thread in held:
        thread.start()
    try:
        done = []
        quick = threading.Thread(
            target=lambda: done.append(ask(application, BytesIO(b"here"), "4"))
        )
        quick.start()
        quick.join(10)
        assert done == [("200 OK", b"here")]
    finally:
        end.set()
        for thread in held:
            thread.join()


def test_one_address_holds_its_share_of_the_waits():
    application = Whole(echo, at_once=1, most_kept=100, most_waits=2)
    end = threading.Event()
    bodies = [Slow(end), Slow(end)]
    held = [threading.Thread(target=ask, args=(application, body, "5")) for body in bodies]
    for thread in held:
        thread.start()
    try:
        assert all(body.is_waited_for.wait(10) for body in bodies)
        assert ask(application, BytesIO(b"here"), "4")[0] == "503 Service Unavailable"
        assert ask(application, BytesIO(b"here"), "4", "192.0.2.2") == ("200 OK", b"here")
    finally:
        end.set()
        for thread in held:
            thread.join()
    assert ask(application, BytesIO(b"here"), "4") == ("200 OK", b"here")


def test_no_more_than_so_many_are_at_work_at_once():
    most, now, lock = [0], [0], threading.Lock()
    pause = threading.Event()

    def counting(environ, start):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        pause.wait(0.02)
        with lock:
            now[0] -= 1
        return echo(environ, start)

    application = Whole(counting, at_once=2, most_kept=100, most_waits=20)
    threads = [
        threading.Thread(target=ask, args=(application, BytesIO(b""), "")) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 2


def test_what_came_in_part_is_refused_and_what_is_large_is_handed_on():
    application = Whole(echo, at_once=1, most_kept=5, most_waits=20)
    assert ask(application, BytesIO(b"abc"), "4")[0] == "400 Bad Request"
    assert ask(application, BytesIO(b"abcdefgh"), "8") == ("200 OK", b"abcdefgh")
    assert ask(application, BytesIO(b"ignored"), "nonsense")[0] == "200 OK"


def test_a_whole_answer_is_closed_before_the_next_turn_and_a_stream_is_left_open():
    closed = []

    class Closing:
        """What both kinds of answers of Django's have."""

        content = b"all of it"

        def __init__(self, streaming):
            self.streaming = streaming

        def __iter__(self):
            yield b"piece"

        def close(self):
            closed.append(self.streaming)

    for streaming, given in ((False, [b"all of it"]), (True, [b"piece"])):
        application = Whole(
            lambda *_call, s=streaming: Closing(s), at_once=1, most_kept=5, most_waits=20
        )
        assert list(application({}, lambda *_said: None)) == given
    assert closed == [False]
