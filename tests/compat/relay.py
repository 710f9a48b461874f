"""A Unix socket that passes bytes on to a TCP port: for test programs that want a server on one."""

import os
import socket
import socketserver
import threading

CHUNK_BYTES = 65536


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Passes bytes on until one side ends, then lets the other side see the end."""
    try:
        while chunk := source.recv(CHUNK_BYTES):
            sink.sendall(chunk)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # The other pump has seen the end too.


class Relay:
    """`with Relay(path, port):` listens at the path for as long as the block runs."""

    def __init__(self, path: str, port: int):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with socket.create_connection(("127.0.0.1", port)) as server:
                    back = threading.Thread(target=pump, args=(server, self.request), daemon=True)
                    back.start()
                    pump(self.request, server)
                    back.join()

        if os.path.exists(path):
            os.unlink(path)
        self.listener = socketserver.ThreadingUnixStreamServer(path, Handler)
        self.listener.daemon_threads = True

    def __enter__(self) -> "Relay":
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.listener.shutdown()
        self.listener.socket.close()
