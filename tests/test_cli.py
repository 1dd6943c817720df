from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kmtalk_align.asr import RECOGNISERS
from kmtalk_align.textgrid import read_textgrid
from kmtalk_model.cli import app, main
from kmtalk_model.viewer import bundle

HEAVY = {
    "torch",
    "transformers",
    "whisper",
    "faster_whisper",
    "matplotlib",
    "jinja2",
    "jiwer",
    "pyarrow",
    "pandas",
    "numpy",
    "praatio",
    "pocketsphinx",
    "av",
    "scipy",
    "trimesh",
    "lightning",
    "vtkmodules",
    "PIL",
    "pygltflib",
    "pxr",
    "imageio_ffmpeg",
}
STEPS_AND_PANDAS = """
import json, sys
from kmtalk_model.cli import app
for step in json.loads(sys.argv[1]):
    app(step, standalone_mode=False)
print("with" if "pandas" in sys.modules else "without", "pandas")
import pandas, pyarrow
print(pyarrow.table(pandas.DataFrame({"a": [1]})).num_rows, "row")
"""


def kmtalk(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from kmtalk_model.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, kmtalk_model.cli; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_steps_read_and_write_tables_without_pandas_and_leave_it_to_others(
    build_corpus: Callable[..., Path], tmp_path: Path
) -> None:
    corpus = json.dumps({"type": "folder", "root": str(build_corpus(motion=False)), "shards": 1})
    shard = "00000-of-00001.parquet"
    steps = [
        ["prepare", "--corpus", corpus, "--output", "c"],
        ["transcribe", f"c/{shard}", "--root", "corpus", "--asr", "reference", "--output", f"t/{shard}"],
    ]
    arguments = [sys.executable, "-c", STEPS_AND_PANDAS, json.dumps(steps)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.stdout == "without pandas\n1 row\n", done.stderr
    assert (tmp_path / "t" / shard).is_file()


def test_help_names_every_step() -> None:
    text = kmtalk("--help").stdout
    steps = "prepare transcribe align parse keyframes localize features summary quality doctor export-corpus animate"
    for step in [*steps.split(), "export", "visemes"]:
        assert f"  {step}" in text


def test_localize_writes_json_and_textgrid(demo_root: Path, tmp_path: Path) -> None:
    done = kmtalk(
        "localize",
        demo_root / "wav" / "slt_sentence02.flac",
        "--transcript",
        demo_root / "transcripts" / "slt_sentence02.txt",
        "--fps",
        "30",
        "--json",
        "out.json",
        "--textgrid",
        "out.TextGrid",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["fps"] == 30
    assert [one["label"] for one in found["phones"]] == [
        phone.label for phone in read_textgrid(tmp_path / "out.TextGrid").spoken_phones
    ]


def test_localize_prints_json(demo_root: Path) -> None:
    done = kmtalk(
        "localize",
        demo_root / "wav" / "slt_sentence02.flac",
        "--selector",
        '{"kind": "uniform", "rate": 0.5}',
        "--transcript",
        demo_root / "transcripts" / "slt_sentence02.txt",
    )
    assert json.loads(done.stdout)["source"] == "uniform"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["convert", "--corpus", '{"type": "grid", "root": "none"}'],
            "give the block as JSON, with name or converted",
        ),
        (
            ["convert", "--corpus", '{"type": "grid", "name": "g", "root": "none"}'],
            "none: there is no such folder; set corpus.root",
        ),
        (["localize", "none.wav"], "none.wav: there is no such file"),
        (
            ["localize", "{audio}", "--asr", "vosk"],
            "there is no asr 'vosk'; choose from: whisper, faster_whisper, auto_avsr, wav2vec2, command, reference",
        ),
        (["localize", "{audio}", "--asr", "faster_whisper:huge"], "faster-whisper knows no such model"),
        (["localize", "{audio}", "--asr", "reference"], "no transcript"),
        (["localize", "{audio}", "--transcript", "a", "--aligner", "kaldi"], "there is no aligner 'kaldi'"),
        (["localize", "{audio}", "--selector", "energy"], "there is no selector 'energy'"),
        (["localize", "{audio}", "--selector", '{"kind": "phoneme", "ofset": 1}'], "unknown key ofset"),
        (["localize", "{audio}", "--selector", '{"kind": '], "not valid JSON"),
        (["localize", "{audio}", "--textgrid-in", "none.TextGrid"], "none.TextGrid: cannot be read"),
        (["keyframes", "none.parquet", "none.parquet", "--output", "k.parquet"], "none.parquet: is missing"),
        (
            ["prepare", "--corpus", '{"type": "folder", "root": "none"}', "--output", "c"],
            "none: there is no such folder",
        ),
        (["prepare", "--corpus", "voxceleb", "--output", "c"], "there is no corpus 'voxceleb'"),
        (["localize", "."], ".: is a folder, not a recording"),
        (["localize", "{audio}", "--transcript", "missing.txt"], "--transcript missing.txt: cannot be read"),
        (["localize", "{audio}", "--transcript", "/usr/none"], "--transcript /usr/none: cannot be read"),
        (["localize", "{audio}", "--transcript", "a", "--textgrid-in", "b"], "exclude each other"),
        (["localize", "{audio}", "--asr", '{"backend": "whisper", "language": "fr"}'], "tiny.en knows English alone"),
        (["localize", "{audio}", "--json", "/proc/none/x.json"], "/proc/none/x.json: cannot be written"),
        (
            ["export-corpus", "none", "--root", ".", "--run", "a.b.c", "--output", "out"],
            "none/corpus/corpus.json: cannot be read",
        ),
        (["summary", "none"], "none/corpus/corpus.json: cannot be read"),
        (["doctor", "--download", "nonsense"], "nonsense: is not of the form BACKEND:MODEL"),
        (["doctor", "--can-show", "nonsense"], "--can-show nonsense: can't be looked for; choose from: video, page"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    arguments: list[str], message: str, demo_root: Path, tmp_path: Path
) -> None:
    audio = str(demo_root / "wav" / "slt_sentence02.flac")
    done = kmtalk(*(one.replace("{audio}", audio) if one == "{audio}" else one for one in arguments), cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ")
    assert message in done.stderr


def test_doctor_names_every_recogniser_and_aligner_and_what_shows_results() -> None:
    text = kmtalk("doctor").stdout
    for name in (*RECOGNISERS, "pocketsphinx", "textgrid", "cpu", "cuda", "video", "page"):
        assert name in text


def test_doctor_says_in_one_line_what_a_page_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundle, "BUILT", tmp_path / "viewer.js")
    done = CliRunner().invoke(app, ["doctor", "--can-show", "page"])
    assert (done.exit_code, done.stdout) == (
        1,
        "no page can be made: the viewer is not built; to mend it: python -m kmtalk_model.viewer.build\n",
    )


def test_writing_where_a_file_stands_in_the_way_is_one_error(demo_root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = kmtalk(
        "localize",
        demo_root / "wav" / "slt_sentence02.flac",
        "--transcript",
        "hello",
        "--selector",
        "uniform",
        "--json",
        tmp_path / "file" / "out.json",
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_what_the_system_refuses_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["kmtalk", "localize", "x" * 300, "--json", str(tmp_path / "keys.json")])
    with pytest.raises(SystemExit, match="1"):
        main()
    assert capsys.readouterr().err.strip().endswith(f"error: {'x' * 300}: File name too long")
