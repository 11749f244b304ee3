"""Paths are paths and never patterns, and what is printed or tabled goes through one door."""

import ast

import pytest

#: Readers of polars that take a path for a pattern unless they are told not to.
READERS = {"read_parquet", "scan_parquet", "read_csv", "scan_csv"}
#: Readers that have no such option: they are not used.
UNGUARDED = {
    "read_ipc", "scan_ipc", "read_ndjson", "scan_ndjson", "read_json", "read_csv_batched", "read_avro",
    "read_excel", "read_ods", "read_delta", "scan_delta", "scan_iceberg", "read_database",
}  # fmt: skip
#: Who may still write CSV or print by itself, and why.
WRITES_CSV = {
    "telos.runs.tables": "the door itself",
    "telos.runs.opened": "lines for the standard output, one batch at a time",
    "telos.cli.compare": "moves to the door with the readers of logs",
}
PRINTS = {
    "telos.cli.say": "the door itself",
    "telos.runs.stages": "the door of the library: notices and the bar",
    "telos.runs.jobs": "a line of ours in a worker's log, which the sender looks for",
}


def _calls(module):
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            of = node.func.value if isinstance(node.func, ast.Attribute) else None
            yield name, of.id if isinstance(of, ast.Name) else "", node


def _says(node, option):
    values = [k.value for k in node.keywords if k.arg == option]
    return any(isinstance(value, ast.Constant) and value.value is False for value in values)


def test_polars_never_takes_a_path_for_a_pattern(modules):
    """A folder named `run[1]` is not `run1`, and one named `a=b` is not a column."""
    wrong = []
    for module in modules:
        for name, of, node in _calls(module):
            if name in READERS and of in ("pl", "polars"):
                wanted = ["glob", *(["hive_partitioning"] if "parquet" in name else [])]
                wrong += [
                    f"{module.name}:{node.lineno} {name} without {option}=False"
                    for option in wanted
                    if not _says(node, option)
                ]
            if name in UNGUARDED and of in ("pl", "polars"):
                wrong.append(f"{module.name}:{node.lineno} {name}")
    assert not wrong, "\n".join(wrong)


def test_commands_print_through_one_door(modules):
    """`say` writes control characters out and knows no markup; `print` and a bare Console do not."""
    found = {
        module.name
        for module in modules
        if module.name.startswith(("telos.cli", "telos.runs"))
        for name, _, _ in _calls(module)
        if name in ("print", "Console")
    }
    assert sorted(found - set(PRINTS)) == []
    assert sorted(set(PRINTS) - found) == [], "an exemption that is no longer needed"


def test_tables_for_spreadsheets_are_written_through_one_door(modules):
    """`write_table` of `telos.runs.tables` defuses formulas; the method of a frame does not."""
    found = {
        module.name
        for module in modules
        if module.name.startswith(("telos.cli", "telos.runs", "telos.report", "telos.llm"))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and node.attr in ("write_csv", "sink_csv")
    }
    assert sorted(found - set(WRITES_CSV)) == []
    assert sorted(set(WRITES_CSV) - found) == [], "an exemption that is no longer needed"


@pytest.mark.parametrize("listed", [WRITES_CSV, PRINTS], ids=["CSV", "printing"])
def test_every_exemption_names_a_module_and_says_why(modules, listed):
    assert set(listed) <= {module.name for module in modules}
    assert all(len(reason) > 10 for reason in listed.values())


def test_every_page_names_the_one_script_that_may_run(root):
    """One template has a head; its policy comes before all else, and names its script by the hash."""
    folder = root / "src" / "telos" / "report" / "templates"
    texts = {path.name: path.read_text() for path in folder.iterdir()}
    assert [name for name, text in texts.items() if "<head>" in text] == ["base.html"]
    base = texts["base.html"]
    policy = base.index("Content-Security-Policy")
    assert policy < base.index("<title>") < base.index("<style>") < base.index("<script>")
    assert "default-src 'none'" in base
    assert "script-src 'sha256-{{ script_hash }}'" in base
    assert base.count("<script") == 1
    assert [name for name, text in texts.items() if "<script" in text] == ["base.html"]
    pages = {name for name, text in texts.items() if text.startswith('{% extends "base.html" %}')}
    assert pages == {
        "study.html",
        "compared.html",
        "audit.html",
        "bounded.html",
        "tabulated.html",
        "assayed.html",
        "benched.html",
    }
    forbidden = ("innerHTML", "eval(", "fetch(", "XMLHttpRequest", "import(", "document.write")
    assert [word for word in forbidden if word in texts["script.js"]] == []
