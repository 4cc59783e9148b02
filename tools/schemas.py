"""Write the JSON Schemas of a pack's files into the documentation.

    .venv/bin/python tools/schemas.py           write them
    .venv/bin/python tools/schemas.py --check   name those that are out of date, and fail if there are any
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference" / "schemas"
INTRO = """# File schemas

<!-- Written by tools/schemas.py; do not edit. -->

Every file of a pack is held against a schema when it is read: an unknown key, a wrong type or a number that
is not finite is refused with file, line and key. The schemas below are written from the models that do this;
an editor that knows JSON Schema checks and completes a file while it is written. A schema of a CSV file
describes one row. YAML files whose schema is an array may also hold the list under the file's own name.

| schema | file |
| --- | --- |
"""


def contents() -> dict[str, str]:
    """Text of every file of the folder, by name."""
    from yupana.evidence.json_schemas import json_schemas

    schemas = json_schemas()
    texts = {f"{name}.json": json.dumps(schema, indent=1) + "\n" for name, schema in schemas.items()}
    rows = [f"| [{name}.json]({name}.json) | `{schema['title']}` |" for name, schema in schemas.items()]
    texts["index.md"] = INTRO + "\n".join(rows) + "\n"
    return texts


def main(words: Sequence[str]) -> int:
    """Write every schema, or with --check compare."""
    stale = []
    for name, text in contents().items():
        path = FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in words:
                FOLDER.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if stale:
        print(("out of date: " if "--check" in words else "written: ") + ", ".join(stale))
    return int(bool(stale) and "--check" in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
