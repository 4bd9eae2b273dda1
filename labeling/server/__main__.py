"""The server's own process: ``python -m labeling.server FOLDER PORT WORKERS``, with its environment made by ``launch``.

It ends when its standard input ends, so that it cannot outlive the process that started it.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

from corpus.files import lock
from labeling.server.secret_store import Secrets, load_or_create

THREADS = 8
GRACE_SECONDS = 10


def _leash() -> None:
    """Ask this process to stop when the pipe from its parent closes; insist after a while."""
    # Not through sys.stdin, whose lock a reading thread would hold while the interpreter shuts down.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_SECONDS)
    os._exit(1)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _create_owner(secrets: Secrets) -> None:
    """The owner account and its organization, as `label-studio start --username` makes them; once."""
    from organizations.models import Organization
    from rest_framework.authtoken.models import Token
    from users.models import User

    owner = User.objects.filter(email=secrets.owner).first()
    if owner is None:
        owner = User.objects.create_user(email=secrets.owner, password=secrets.password, first_name="Owner")
        owner.is_staff = owner.is_superuser = True
    organization = Organization.objects.first() or Organization.create_organization(
        created_by=owner, title="stancelab", legacy_api_tokens_enabled=True
    )
    owner.active_organization = organization
    owner.save()
    Token.objects.filter(user=owner).delete()
    Token.objects.create(user=owner, key=secrets.token)


def main(folder: Path, port: int, workers: int) -> None:
    """Prepare the database and serve until told to stop."""
    os.umask(0o077)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent closes the pipe
    threading.Thread(target=_leash, daemon=True).start()
    with lock(folder / "server.lock", "another server runs on this folder"):
        # Label Studio imports its own packages (core, users, ...) by bare names.
        package = find_spec("label_studio")
        if package is None or package.origin is None:
            raise SystemExit("label-studio is not installed: install stancelab[server]")
        sys.path.insert(0, str(Path(package.origin).parent))

        from django.core.management import call_command
        from django.core.wsgi import get_wsgi_application

        application = get_wsgi_application()
        call_command("migrate", "--no-color", verbosity=0)
        _create_owner(load_or_create(folder))

        import waitress

        if workers == 1:
            waitress.serve(application, host="127.0.0.1", port=port, threads=THREADS, ident=None)
        else:
            with socket.create_server(("127.0.0.1", port), backlog=1024) as listening:
                _share(workers, lambda: waitress.serve(application, sockets=[listening], threads=THREADS, ident=None))


def _share(workers: int, serve: Callable[[], None]) -> None:
    """Serve in several processes at one socket; when one of them ends, all do."""
    from django.db import connections

    connections.close_all()  # the children cannot share a connection to the database
    children: set[int] = set()
    for _ in range(workers):
        pid = os.fork()
        if not pid:
            try:
                threading.Thread(target=_leash, daemon=True).start()
                serve()
            finally:
                os._exit(1)
        children.add(pid)
    try:
        ended, status = os.wait()
        children.discard(ended)
        raise SystemExit(f"server process {ended} ended by itself (status {status}), so the others are stopped")
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
        for child in children:
            os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
