"""A stand-in for the program `mfa`: python fake_mfa.py BEHAVIOUR align ... | version.

It reads the corpus that it is given, and gives each word of a text file an equal share of the recording, and each
letter of a word an equal share of it. Words that begin with `zz` it does not know, and those of a recording with the
word `mumble` it does not find. What it is called with is added to the file in FAKE_MFA_LOG.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

Tier = list[tuple[float, float, str]]


def tiers_of(words: list[str], seconds: float) -> tuple[Tier, Tier]:
    """Words and phones, with a pause of a tenth at both ends; position suffixes as Kaldi has them."""
    spoken: Tier = []
    phones: Tier = []
    start, share = seconds * 0.1, seconds * 0.8 / len(words)
    for place, word in enumerate(words):
        begin = start + place * share
        unknown = word.startswith("zz")
        spoken.append((begin, begin + share, "<unk>" if unknown else word))
        labels = ["spn_S"] if unknown else [f"{letter.upper()}_I" for letter in word if letter.isalpha()]
        step = share / len(labels)
        phones += [(begin + n * step, begin + (n + 1) * step, label) for n, label in enumerate(labels)]
    return spoken, phones


def whole(tier: Tier, seconds: float) -> Tier:
    """A tier with its gaps as empty intervals."""
    filled: Tier = []
    at = 0.0
    for start, end, label in tier:
        if start - at > 0.001:
            filled.append((at, start, ""))
        filled.append((start, end, label))
        at = end
    return [*filled, (at, seconds, "")] if seconds - at > 0.001 else filled


def long_text(tiers: dict[str, Tier], seconds: float) -> str:
    """Praat's long format, with the blanks at line ends that MFA writes."""
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", f"xmax = {seconds} "]
    lines += ["tiers? <exists> ", f"size = {len(tiers)} ", "item []: "]
    for number, (name, tier) in enumerate(tiers.items(), start=1):
        lines += [f"    item [{number}]:", '        class = "IntervalTier" ', f'        name = "{name}" ']
        lines += ["        xmin = 0 ", f"        xmax = {seconds} ", f"        intervals: size = {len(tier)} "]
        for place, (start, end, label) in enumerate(tier, start=1):
            lines += [f"        intervals [{place}]:", f"            xmin = {start} "]
            lines += [f"            xmax = {end} ", f'            text = "{label}" ']
    return "\n".join(lines) + "\n"


def short_text(tiers: dict[str, Tier], seconds: float) -> str:
    """Praat's short format."""
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "0",
        f"{seconds}",
        "<exists>",
        f"{len(tiers)}",
    ]
    for name, tier in tiers.items():
        lines += ['"IntervalTier"', f'"{name}"', "0", f"{seconds}", f"{len(tier)}"]
        for start, end, label in tier:
            lines += [f"{start}", f"{end}", f'"{label}"']
    return "\n".join(lines) + "\n"


def align(behaviour: str, corpus: Path, output: Path) -> None:
    """Write a TextGrid for each recording, in the folder of its speaker."""
    for path in sorted(corpus.rglob("*.wav")):
        words = path.with_suffix(".lab").read_text(encoding="utf-8").split()
        if "mumble" in words:
            continue
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (16_000, 2, 1)
            seconds = round(file.getnframes() / 16_000, 6)
        spoken, phones = tiers_of(words, seconds)
        speaker = f"{path.parent.name} - " if behaviour == "speaker" else ""
        tiers = {f"{speaker}words": whole(spoken, seconds), f"{speaker}phones": whole(phones, seconds)}
        text = (short_text if behaviour == "short" else long_text)(tiers, seconds)
        if behaviour == "garbage":
            text = text[: len(text) // 2]
        if behaviour == "other":
            text = long_text({"phones": [(0.0, 9.0, "AH")]}, 9.0)
        target = output / path.parent.relative_to(corpus) / f"{path.stem}.TextGrid"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def main() -> int:
    behaviour, command, *arguments = sys.argv[1:]
    if log := os.environ.get("FAKE_MFA_LOG"):
        said = {"command": command, "arguments": arguments, "root": os.environ.get("MFA_ROOT_DIR"), "pid": os.getpid()}
        if command == "align":
            corpus = Path(arguments[0])
            said["corpus"] = {
                str(path.relative_to(corpus)): path.read_text() if path.suffix == ".lab" else ""
                for path in sorted(corpus.rglob("*.*"))
            }
            said["models"] = sorted(path.name for path in Path(str(said["root"])).glob("pretrained_models/*/*"))
        with Path(log).open("a", encoding="utf-8") as file:
            file.write(json.dumps(said) + "\n")
    if command == "version":
        print({"four": "4.0.0", "old": "3.3.9", "nameless": "None"}.get(behaviour, "3.4.3"))
        return 0
    if behaviour == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
        Path(os.environ["FAKE_MFA_CHILD"]).write_text(str(child.pid))
        time.sleep(120)
    if behaviour == "nothing":
        return 0
    if behaviour == "crash":
        print("NoAlignmentsError:\n\nThere were no successful alignments for 1 utterances.", file=sys.stderr)
        return 1
    if behaviour == "usage":
        print(
            "Usage: mfa align [OPTIONS] CORPUS_DIRECTORY\n\nError: Missing argument 'OUTPUT_DIRECTORY'.",
            file=sys.stderr,
        )
        return 2
    align(behaviour, Path(arguments[0]), Path(arguments[3]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
