# yaml_commands.py FILE: each command of a job of GitHub or GitLab, as YAML has it, in a line.

import sys
import yaml


def walk(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "run":
                print(value)
            elif key in ("script", "before_script"):
                print("\n".join(value))
            else:
                walk(value)
    elif isinstance(node, list):
        for value in node:
            walk(value)


walk(yaml.safe_load(open(sys.argv[1])))
