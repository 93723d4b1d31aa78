"""The rules of the workflow as text: what each says, and which scripts it runs."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = "".join(path.read_text() for path in sorted((ROOT / "workflow/rules").glob("*.smk")))
OWN_SCRIPTS = sorted(
    re.findall(r"^(?:rule|checkpoint) (\w+):", TEXT, re.M)
)  # the rules with a script of their name; others derive
NAMED = r"(?:use rule (\w+) as (\w+) with|(?:rule|checkpoint) (\w+)):[^\n]*\n"
RULE = re.compile(rf"^ *{NAMED}(.*?)(?=^ *(?:(?:use )?rule|checkpoint) |\Z)", re.M | re.S)


def rule_bodies() -> dict[str, str]:
    """Return the text of every rule by name; `use rule x as y` has the text of x before its own."""
    found: dict[str, str] = {}
    for base, derived, plain, body in RULE.findall(TEXT):
        found[derived or plain] = found.get(base, "") + body
    return found


BODIES = rule_bodies()
