"""One measurement: `python3 run.py <scenario> <case as JSON>` prints its numbers as one line of JSON."""

import json
import sys

import scenarios

if __name__ == "__main__":
    name, options = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(scenarios.measures[name](options)), flush=True)
