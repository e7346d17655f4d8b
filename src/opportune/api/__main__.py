"""`python -m opportune.api` prints the OpenAPI document."""

import json
import sys

from opportune.api import create_app
from opportune.settings import Settings

if __name__ == "__main__":
    json.dump(create_app(settings=Settings()).openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
