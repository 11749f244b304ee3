"""What is installed: a distribution called telos-lab, whole, and no name that belongs to somebody else."""

import re
import subprocess
import sys
import tomllib
import zipfile

import pytest

#: What a command that installs is followed by: the requirements, up to the end of the code.
INSTALLS = re.compile(r"(?:pip3? install|uv add|uv tool install|pipx install|uvx)\s+([^`\n|#]*)")
#: Ours: the clone itself, an extra of it, an extra of what is installed.
OURS = re.compile(r"""["']?(?:\.|telos-lab)(?:\[([a-z0-9,]+)\])?["']?""")


@pytest.fixture(scope="module")
def project(root):
    """The project table of pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    """The wheel, built by the project's own build back end."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def metadata(wheel):
    """The wheel's metadata, with the page that an index would show."""
    with zipfile.ZipFile(wheel) as opened:
        (name,) = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
        return opened.read(name).decode()


def _lines(ours):
    for path in ours:
        data = path.read_bytes()
        if b"\0" not in data[:8192] and path.name != "test_distribution.py":
            for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
                yield f"{path.name}:{number}", line


def test_no_line_installs_a_name_that_is_not_ours(ours, project):
    extras = set(project["optional-dependencies"])
    wrong, seen = [], 0
    for place, line in _lines(ours):
        for wanted in INSTALLS.findall(line.replace("\\", "")):
            for word in wanted.split():
                own = OURS.match(word.strip(".,;)"))
                if own and own[1]:
                    seen += 1
                    unknown = [] if "{" in word else set(own[1].split(",")) - extras
                    wrong += [f"{place}: no extra {extra!r}" for extra in unknown]
                if re.match(r"""["']?telos(?![-\w])""", word):
                    wrong.append(f"{place}: {line.strip()}")
    assert not wrong, "\n".join(wrong)
    assert seen >= 5


def test_the_wheel_is_called_as_it_is_installed(wheel):
    assert wheel.name.startswith("telos_lab-")


def test_the_wheel_holds_the_templates_the_example_map_and_a_log(wheel, root):
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    source = root / "src"
    for path in (source / "telos" / "templates").rglob("*.*"):
        assert path.relative_to(source).as_posix() in names
    assert {"telos/templates/affordances.toml", "telos/templates/sample.eval"} <= names
    assert "telos/py.typed" in names
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_the_page_on_an_index_has_no_link_that_leads_nowhere(metadata):
    page = metadata.partition("\n\n")[2]
    links = re.findall(r"\]\(([^)\s]+)\)", page)
    assert len(links) > 5
    assert not [link for link in links if not link.startswith(("https://", "#"))]
    pictures = re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", page)
    assert pictures
    assert all("/raw/" in link for link in pictures)


def test_an_index_would_take_the_wheel(wheel):
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_addresses_of_the_project_are_one(project, root):
    home = project["urls"]["Homepage"]
    assert all(url.startswith(home) for url in project["urls"].values())
    citation = (root / "CITATION.cff").read_text(encoding="utf-8")
    assert f'repository-code: "{home}"' in citation
    assert home.startswith("https://telos-lab.example/"), (
        "a published address: put it into the README"
    )
    assert "git clone ADDRESS" in (root / "README.md").read_text(encoding="utf-8")


def test_every_python_that_is_promised_is_named(project):
    versions = {line.rpartition(" :: ")[2] for line in project["classifiers"] if "3." in line}
    assert {"3.11", "3.12", "3.13", "3.14"} <= versions
