"""Holds JSON documents against their schemas, as another program would.

    python validate.py DIRECTORY

Each NAME.schema.json there is a schema, NAME.json a document of it, and each line of NAME.jsonl one.
Prints what is wrong, and ends with 1 if anything is.
"""

import json
import pathlib
import sys

from jsonschema import Draft202012Validator


def documents(directory, name):
    whole = directory / f"{name}.json"
    lines = directory / f"{name}.jsonl"
    if whole.exists():
        yield json.loads(whole.read_text())
    if lines.exists():
        yield from map(json.loads, lines.read_text().splitlines())


def main(directory):
    faults = []
    for path in sorted(directory.glob("*.schema.json")):
        schema = json.loads(path.read_text())
        Draft202012Validator.check_schema(schema)
        name = path.name.removesuffix(".schema.json")
        found = list(documents(directory, name))
        if not found:
            faults.append(f"{name}: there is no document")
        for document in found:
            errors = Draft202012Validator(schema).iter_errors(document)
            faults += [f"{name}: {error.json_path}: {error.message}" for error in errors]
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
