"""Code that runs in the server's own Django, for what no endpoint tells."""

import os
import subprocess
import sys

from stance_command import Stance

from labeling.server.launch import _environment

_START = """
import json, sys
from importlib.util import find_spec
from pathlib import Path
sys.path.insert(0, str(Path(find_spec("label_studio").origin).parent))
import django
django.setup()
"""
ROUTES = """
from django.urls import get_resolver
def walk(resolver, prefix=""):
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        yield from walk(pattern, route) if hasattr(pattern, "url_patterns") else [route]
print(json.dumps(list(walk(get_resolver()))))
"""


def in_django(stance: Stance, code: str) -> str:
    """The last line that the code prints, on the server's SQLite database."""
    env = {**_environment(stance.workspace / "labelstudio", None), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", _START + code], env=env, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]
