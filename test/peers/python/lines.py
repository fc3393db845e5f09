"""Questions as lines of JSON on standard input, one answer a line on standard output."""

import json
import sys


def serve(answer):
    for line in sys.stdin:
        print(answer(json.loads(line)), flush=True)
