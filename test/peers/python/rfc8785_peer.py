"""Canonical JSON by the package rfc8785: the SHA-256 of the canonical form of each text, or `refused`."""

import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import rfc8785
from lines import serve


def answer(asked):
    # Every number of JSON is a double here, as it is in JavaScript.
    value = json.loads(asked["text"], parse_int=float)
    try:
        return hashlib.sha256(rfc8785.dumps(value)).hexdigest()
    except (rfc8785.CanonicalizationError, UnicodeError):
        return "refused"


serve(answer)
