"""An SMTP server that takes everything and keeps nothing, faster than anybody sends."""

import socket
import threading


def serve() -> None:
    """Print the port on which mail is taken, and take it until killed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_converse, args=(connection,), daemon=True).start()


def _converse(connection: socket.socket) -> None:
    """Answer command by command; within a message only its end counts."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"220 sink\r\n")
    unread, in_message = b"", False
    while octets := connection.recv(1 << 18):
        unread += octets
        answers = []
        while True:
            if in_message:
                end = unread.find(b"\r\n.\r\n")
                if end < 0:
                    break
                unread, in_message = unread[end + 5 :], False
                answers.append(b"250 2.0.0 taken\r\n")
                continue
            command, line_end, rest = unread.partition(b"\r\n")
            if not line_end:
                break
            unread = rest
            in_message = command[:4].upper() == b"DATA"
            answers.append(_ANSWERS.get(command[:4].upper(), b"250 2.0.0 ok\r\n"))
        if answers:
            connection.sendall(b"".join(answers))


_ANSWERS = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 33554432\r\n",
    b"DATA": b"354 go ahead\r\n",
    b"QUIT": b"221 bye\r\n",
}

if __name__ == "__main__":
    serve()
