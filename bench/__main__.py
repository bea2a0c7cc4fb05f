"""`./run bench NAME` runs one benchmark, `./run bench` lists them. What they print:
`bench.contract`.
"""

import ast
import importlib
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
NAMES = {"importing": "import"}
"""Names of benchmarks that a file cannot well have: words that Python keeps for itself."""


def benchmarks(folder: Path = FOLDER) -> dict[str, str]:
    """Every file here with a `main()`, by name, with the first line of its docstring.

    Files are read, not imported: a list must not wait for torch.
    """
    found = {}
    for path in sorted(folder.glob("[!_]*.py")):
        tree = ast.parse(path.read_text())
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        if "main" in names:
            line = (ast.get_docstring(tree) or "").partition("\n")[0]
            found[NAMES.get(path.stem, path.stem)] = line
    return found


def main(words: list[str]) -> None:
    known = benchmarks()
    if not words or words[0] in ("-h", "--help"):
        width = max(map(len, known), default=0)
        for name, line in known.items():
            print(f"{name:{width}}  {line}")
        return
    name, *rest = words
    if name not in known:
        sys.exit(f"There is no benchmark `{name}`: ./run bench lists them.")
    # The benchmark reads its own arguments.
    sys.argv = [name, *rest]
    file = next((file for file, called in NAMES.items() if called == name), name)
    sys.exit(importlib.import_module(f"bench.{file}").main())


if __name__ == "__main__":
    main(sys.argv[1:])
