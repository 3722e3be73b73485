"""Prints the YAML file that is named as JSON, for the checks of the recipes."""

import json
import sys

import yaml


class Loader(yaml.SafeLoader):
    """The YAML of CI systems: `on` is a word, and GitLab has a tag of its own."""


# YAML 1.1 takes `on` and `off` for booleans; the CI systems don't.
Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_constructor(
    "!reference", lambda loader, node: "!reference " + ".".join(loader.construct_sequence(node))
)


def unique(loader, node, deep=False):
    """Refuses a key that stands twice, of which YAML would drop one."""
    keys = [loader.construct_object(key) for key, _ in node.value]
    if len(set(keys)) < len(keys):
        raise SystemExit(f"a key stands twice: {keys}")
    return yaml.SafeLoader.construct_mapping(loader, node, deep=True)


Loader.add_constructor("tag:yaml.org,2002:map", unique)

with open(sys.argv[1], encoding="utf-8") as file:
    json.dump(yaml.load(file, Loader), sys.stdout)
