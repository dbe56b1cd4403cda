"""A name server of TXT records for tests, and resolvers that ask it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rrset
from dns.resolver import Resolver

Zone = dict[str, list[str]]


@contextmanager
def answering(zone: Zone) -> Iterator[Resolver]:
    """A resolver that asks a name server for this zone, and nobody else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        threading.Thread(target=_serve, args=(server, zone), daemon=True).start()
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.getsockname()[1]
        yield resolver


def _serve(server: socket.socket, zone: Zone) -> None:
    while True:
        try:
            packet, sender = server.recvfrom(4096)
        except OSError:
            return
        question = dns.message.from_wire(packet)
        name = question.question[0].name
        answer = dns.message.make_response(question)
        if texts := zone.get(name.to_text(omit_final_dot=True)):
            quoted = [
                " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))
                for text in texts
            ]
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *quoted))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), sender)
