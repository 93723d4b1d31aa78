"""A server on 127.0.0.1 that answers every request with the raw bytes it was given, whatever they are."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence


class RawServer:
    """Answers request n with answers[n] (the last one from then on): bytes, or a function that yields pieces."""

    def __init__(self, answers: Sequence[bytes | Callable[[], Iterator[bytes]]], context=None) -> None:
        self.answers, self.context = answers, context
        self.requests: list[bytes] = []
        self.sent = 0  # bytes of the bodies and headers that the client took
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.base = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> "RawServer":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._socket.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                threading.Thread(target=self._answer, args=(self._socket.accept()[0],), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:  # a client that hangs up early is what these tests are about
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            connection.settimeout(5)
            request = b""
            while b"\r\n\r\n" not in request and (piece := connection.recv(65536)):
                request += piece
            self.requests.append(request)
            answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
            for piece in answer() if callable(answer) else [answer]:
                connection.sendall(piece)
                self.sent += len(piece)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)


def response(body: bytes = b"", *lines: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """An HTTP/1.1 response with these header lines; length: what it announces, -1: nothing."""
    announced = len(body) if length is None else length
    head = [f"HTTP/1.1 {status}", *lines, *([f"Content-Length: {announced}"] if announced >= 0 else [])]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def endless(head: bytes, piece: bytes, pause_seconds: float = 0.0) -> Iterator[bytes]:
    """The head, then the piece again and again."""
    yield head
    while True:
        yield piece
        time.sleep(pause_seconds)
