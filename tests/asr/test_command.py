"""The recogniser `command`: what the program is given, what of its output is believed, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from kmtalk_align.asr import recogniser_config
from kmtalk_align.asr.command import PLACEHOLDERS, Command
from kmtalk_align.audio import SAMPLE_RATE, Samples, decode, to_pcm16
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import ConfigError, RecognitionError

UTTERANCE = Utterance("ann_01", "ann", "train", "wav/ann_01.wav")
PATIENCE_S = 60.0
Make = Callable[..., Command]


@pytest.fixture(scope="module")
def sentence(demo_root: Path) -> Samples:
    return decode(demo_root / "wav" / "slt_sentence02.flac")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a recogniser of the lines of a Python program, which has the arguments that follow."""

    def command(code: str, *arguments: str, threads: int = 1, **keys: Any) -> Command:
        (tmp_path / "my_asr.py").write_text(code)
        block = {"backend": "command", "command": [sys.executable, str(tmp_path / "my_asr.py"), *arguments, "{audio}"]}
        loaded: Command = recogniser_config(block | keys).load(threads)
        return loaded

    return command


@pytest.fixture
def heard(make: Make, sentence: Samples) -> Callable[..., str]:
    """What a program makes of the sentence."""
    return lambda code, *arguments, **keys: make(code, *arguments, **keys).transcribe(UTTERANCE, lambda: sentence).text


# what the program is given


def test_it_gets_the_recording_as_a_wav_file_of_its_own(make: Make, sentence: Samples) -> None:
    code = (
        "import hashlib, sys, wave\n"
        "with wave.open(sys.argv[1]) as file:\n"
        "    print(*file.getparams()[:4], hashlib.sha256(file.readframes(-1)).hexdigest())"
    )
    import hashlib

    found = make(code).transcribe(UTTERANCE, lambda: sentence)
    expected = hashlib.sha256(to_pcm16(sentence)).hexdigest()
    assert found.text == f"1 2 {SAMPLE_RATE} {len(sentence)} {expected}"


def test_placeholders_stand_for_what_they_say(heard: Callable[..., str]) -> None:
    code = "import json, sys; print(json.dumps(sys.argv[1:-1]))"
    given = ["--lang={language}", "-t", "{threads}", "{utterance_id}", "{{}}", "$HOME; touch x", "*"]
    assert json.loads(heard(code, *given, language="fr", threads=3)) == [
        "--lang=fr",
        "-t",
        "3",
        "ann_01",
        "{}",
        "$HOME; touch x",
        "*",
    ]


def test_an_id_with_braces_or_spaces_is_one_argument_as_it_stands(make: Make, sentence: Samples) -> None:
    recogniser = make("import sys; print(len(sys.argv), sys.argv[1])", "{utterance_id}")
    odd = Utterance("a {audio} 'b'", "a", "train", "a.wav")
    assert recogniser.transcribe(odd, lambda: sentence).text == "3 a {audio} 'b'"


def test_it_reads_nothing_from_the_terminal(heard: Callable[..., str]) -> None:
    assert heard("import sys; print(repr(sys.stdin.read()))") == "''"


def test_a_recording_beyond_30_s_is_handed_over_in_one_piece(make: Make, sentence: Samples) -> None:
    long = np.concatenate([sentence] * (1 + 40 * SAMPLE_RATE // len(sentence)))
    code = "import sys, wave; print(wave.open(sys.argv[1]).getnframes())"
    assert make(code).transcribe(UTTERANCE, lambda: long).text == str(len(long))


@pytest.mark.parametrize("seconds", [0, 1, 40])
def test_where_nobody_speaks_it_is_not_called(make: Make, tmp_path: Path, seconds: int) -> None:
    recogniser = make(f"open({str(tmp_path / 'called')!r}, 'w'); print('words')")
    with pytest.raises(RecognitionError, match="ann_01: nobody speaks"):
        recogniser.transcribe(UTTERANCE, lambda: np.zeros(seconds * SAMPLE_RATE, np.float32))
    assert not (tmp_path / "called").exists()


# what it prints


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (b"hello there\n", "hello there"),
        (b"  hello\r\n\n there \t", "hello there"),
        (b"\xef\xbb\xbfhello", "hello"),
        ("où est-il ? 日本".encode(), "où est-il ? 日本"),
    ],
)
def test_its_output_is_the_text(heard: Callable[..., str], printed: bytes, text: str) -> None:
    assert heard(f"import sys; sys.stdout.buffer.write({printed!r}); print('loading', file=sys.stderr)") == text


def test_the_language_is_the_configs(make: Make, sentence: Samples) -> None:
    assert make("print('bonjour')", language="fr").transcribe(UTTERANCE, lambda: sentence).language == "fr"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "printed no text"),
        ("print('  ')", "printed no text"),
        ("import sys; print('no model', file=sys.stderr)", "printed no text, and as errors: no model"),
        ("import sys; sys.exit('no model here')", "failed (exit status 1: no model here)"),
        ("import sys; print('words'); sys.exit(3)", "failed (exit status 3, and said nothing)"),
        ("import os; os.abort()", "failed (signal 6"),
        (r"import sys; sys.stdout.buffer.write(b'caf\xe9')", "printed no UTF-8 (byte 3 is 0xe9); have it print UTF-8"),
        ("print('word ' * 3_000_000)", "printed more than 10 MB; it must print the text alone"),
        ("import sys; print(sys.argv[1], 'words')", "prints the name of the recording too"),
        ("raise OSError('[Errno 5] device')", "OSError: [Errno 5] device)"),
    ],
)
def test_what_is_no_text_is_an_error_that_names_utterance_and_program(
    heard: Callable[..., str], code: str, message: str
) -> None:
    with pytest.raises(RecognitionError) as caught:
        heard(code)
    program = Path(sys.executable).name
    assert str(caught.value).startswith(f"ann_01: {program} ")
    assert message in str(caught.value)


def test_the_last_lines_of_its_errors_are_told_the_same_in_every_build(heard: Callable[..., str]) -> None:
    code = "import os, sys; sys.exit(f'cannot read {sys.argv[1]} in {os.path.dirname(sys.argv[1])}')"
    messages = []
    for _ in range(2):
        with pytest.raises(RecognitionError) as caught:
            heard(code)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "cannot read .../audio.wav in ..." in messages[0]


# how it ends


def test_at_the_time_limit_it_is_ended_and_its_children_with_it(heard: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(RecognitionError, match=r"ann_01: .* was ended after 4 s; raise timeout_s"):
        heard(HANGS.format(pids=str(tmp_path / "pids")), timeout_s=4)
    assert all(map(gone, pids_in(tmp_path / "pids")))


def test_children_that_it_leaves_are_ended(heard: Callable[..., str]) -> None:
    code = (
        "import subprocess, sys\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(90)'], stdout=sys.stderr).pid)"
    )
    assert gone(int(heard(code)))


@pytest.mark.parametrize("code", ["print('words')", "import sys; sys.exit(1)"])
def test_nothing_is_left_behind(
    heard: Callable[..., str], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    try:
        heard(code)
    except RecognitionError:
        assert "exit" in code
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_kmtalk_that_is_ended_ends_it(demo_root: Path, tmp_path: Path, number: int, status: int) -> None:
    (tmp_path / "my_asr.py").write_text(HANGS.format(pids=str(tmp_path / "pids")))
    block = {"backend": "command", "command": [sys.executable, str(tmp_path / "my_asr.py"), "{audio}"]}
    arguments = ["localize", str(demo_root / "wav" / "slt_sentence02.flac"), "--asr", json.dumps(block)]
    kmtalk = [sys.executable, "-c", "from kmtalk_align.cli import main; main()"]
    (tmp_path / "scratch").mkdir()
    running = subprocess.Popen([*kmtalk, *arguments], env=os.environ | {"TMPDIR": str(tmp_path / "scratch")})
    try:
        end = time.monotonic() + PATIENCE_S
        while len(pids_in(tmp_path / "pids")) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        running.send_signal(number)
        assert running.wait(PATIENCE_S) == status
    finally:
        running.kill()
    pids = pids_in(tmp_path / "pids")
    assert len(pids) == 2
    assert all(map(gone, pids))
    assert list((tmp_path / "scratch").glob("kmtalk-*")) == []


HANGS = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(90)'])
with open({pids!r} + '.part', 'w') as file:
    print(os.getpid(), child.pid, file=file)
os.replace({pids!r} + '.part', {pids!r})
time.sleep(90)
"""


def pids_in(path: Path) -> list[int]:
    return [int(one) for one in path.read_text().split()] if path.is_file() else []


def gone(pid: int) -> bool:
    """Whether a process that was killed is no more; the system may take a moment."""
    end = time.monotonic() + PATIENCE_S
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


# the block


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ([], "hands its program no recording"),
        (["my_asr"], r"key command: hands its program no recording; name it with {audio}"),
        (["my_asr", "{{audio}}"], "hands its program no recording"),
        (["my_asr", "{audio}", "{original}"], r"key command: {original}: holds a placeholder that is unknown"),
        (["my_asr", "{audio.__class__}"], "holds a placeholder that is unknown"),
        (["my_asr", "{audio!r}"], "holds a placeholder that is unknown"),
        (["my_asr", "{audio:>9}"], "holds a placeholder that is unknown"),
        (["my_asr", "{}", "{audio}"], "holds a placeholder that is unknown"),
        (["my_asr", "{0}", "{audio}"], "holds a placeholder that is unknown"),
        (["my_asr", "{audio"], "has a brace without its other half"),
        (["my_asr", "audio}"], "has a brace without its other half"),
        ("my_asr {audio}", "key|command: "),
    ],
)
def test_a_command_that_no_program_can_be_called_with_is_refused_at_once(command: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        recogniser_config({"backend": "command", "command": command})


def test_an_unknown_placeholder_lists_the_known() -> None:
    with pytest.raises(ConfigError) as caught:
        recogniser_config({"backend": "command", "command": ["my_asr", "{audio}", "{lang}"]})
    assert all(f"{{{name}}}" in str(caught.value) for name in PLACEHOLDERS)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"timeout_s": 0}, "key timeout_s: must be more than 0"),
        ({"timeout_s": float("nan")}, "key timeout_s: must be more than 0"),
        ({"language": "detect"}, "key language: 'detect' is no language, and command does not detect one"),
        ({"beam": 5}, "unknown key beam"),
    ],
)
def test_a_wrong_key_is_refused_at_once(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        recogniser_config({"backend": "command", "command": ["my_asr", "{audio}"]} | keys)


@pytest.mark.parametrize("program", ["no-such-program", "", "./none/my_asr", "{audio}", "/tmp"])
def test_a_program_that_is_not_there_is_an_error_before_any_work(program: str) -> None:
    config = recogniser_config({"backend": "command", "command": [program, "{audio}"]})
    with pytest.raises(ConfigError, match=r"key command: .*is no program that can be started; is it installed"):
        config.load()


def test_a_file_that_does_not_start_is_an_error_of_the_config(tmp_path: Path, sentence: Samples) -> None:
    (tmp_path / "my_asr").write_bytes(b"\x00no program")
    (tmp_path / "my_asr").chmod(0o755)
    recogniser = recogniser_config({"backend": "command", "command": [str(tmp_path / "my_asr"), "{audio}"]}).load()
    with pytest.raises(ConfigError, match="my_asr: cannot be started"):
        recogniser.transcribe(UTTERANCE, lambda: sentence)


def test_the_block_can_be_hashed_and_stored() -> None:
    from kmtalk_align.blocks import resolved

    block = {"backend": "command", "command": ["my_asr", "{audio}"], "version": "1.2"}
    config = recogniser_config(block)
    assert hash(config) == hash(recogniser_config(block))
    assert resolved(config) == block | {"language": "en", "timeout_s": 600.0}


# who speaks


def test_the_model_column_has_the_version_that_was_given(make: Make) -> None:
    program = Path(sys.executable).name
    assert make("print(1)", version="my asr 1.2").model == f"command {program} my_asr.py my asr 1.2"


def test_without_a_version_the_model_column_has_a_digest_of_program_and_files(make: Make, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"one")
    first = make("print(1)", str(tmp_path / "weights.bin")).model
    assert first.startswith(f"command {Path(sys.executable).name} my_asr.py weights.bin (sha256:")
    assert make("print(1)", str(tmp_path / "weights.bin")).model == first
    assert make("print(2)", str(tmp_path / "weights.bin")).model != first
    (tmp_path / "weights.bin").write_bytes(b"two")
    assert make("print(1)", str(tmp_path / "weights.bin")).model != first
