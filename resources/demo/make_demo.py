"""Remake the demo corpus of this folder from ``sentences.tsv`` with the Festival speech synthesiser.

Needs Festival with the voices ``cmu_us_slt_arctic_hts`` and ``kal_diphone`` (see ``README.md``) and the Python
packages numpy, soundfile and soxr. The result is deterministic: the same package versions give the same audio samples
and the same times.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
PEAK = 0.8
SPLITS = ("train", "val", "test")
VOICES = {"slt": "voice_cmu_us_slt_arctic_hts", "kal": "voice_kal_diphone"}

# A semicolon becomes a longer pause: two more silences are put behind the one that the voice makes there.
# The script prints one line per phone ("S name end") and per word ("W name start end"), all times in seconds.
SCHEME = """
(define (lengthen_pause_at_semicolon utt)
  (mapcar
   (lambda (seg)
     (if (and (string-equal (item.name seg) "pau")
              (item.prev seg)
              (string-equal (item.feat seg "p.R:SylStructure.parent.parent.R:Token.parent.punc") ";"))
         (begin (item.insert seg '("pau" nil)) (item.insert seg '("pau" nil)))))
   (utt.relation.items utt 'Segment))
  utt)
(%(voice)s)
(set! postlex_rules_hooks (append postlex_rules_hooks (list lengthen_pause_at_semicolon)))
(set! utt (SynthText "%(text)s"))
(utt.save.wave utt "%(wave)s" 'riff)
(mapcar
 (lambda (s) (format t "S %%s %%f\\n" (item.name s) (item.feat s "segment_end")))
 (utt.relation.items utt 'Segment))
(mapcar
 (lambda (w) (format t "W %%s %%f %%f\\n" (item.name w) (item.feat w "word_start") (item.feat w "word_end")))
 (utt.relation.items utt 'Word))
"""

Interval = tuple[float, float, str]


def run_festival(voice: str, text: str, folder: Path) -> tuple[Path, list[Interval], list[Interval]]:
    """Synthesise one sentence and return the wave file, the phones and the words."""
    if '"' in text or "\\" in text:
        raise ValueError(f"the text must not hold quotes or backslashes: {text}")
    script, wave = folder / "utterance.scm", folder / "utterance.wav"
    script.write_text(SCHEME % {"voice": voice, "text": text, "wave": wave}, encoding="utf-8")
    env = os.environ | {"HOME": str(folder)}  # keeps a personal .festivalrc out
    done = subprocess.run(["festival", "-b", str(script)], check=True, capture_output=True, text=True, env=env)
    phones: list[Interval] = []
    words: list[Interval] = []
    for line in done.stdout.splitlines():
        match line.split():
            case ["S", name, end]:
                phones.append((phones[-1][1] if phones else 0.0, float(end), name))
            case ["W", name, start, end] if name.startswith("'") and words:  # "they" + "'ll" is one word
                words[-1] = (words[-1][0], float(end), words[-1][2] + name.lower())
            case ["W", name, start, end]:
                words.append((float(start), float(end), name.lower()))
    return wave, phones, words


def merge_pauses(phones: list[Interval]) -> list[Interval]:
    """Join neighbouring silences into one."""
    merged: list[Interval] = []
    for start, end, name in phones:
        if merged and name == "pau" and merged[-1][2] == "pau":
            merged[-1] = (merged[-1][0], end, name)
        else:
            merged.append((start, end, name))
    return merged


def load_audio(path: Path, duration: float) -> NDArray[np.float64]:
    """Read a wave file as 16 kHz audio of the given duration whose highest peak is ``PEAK``.

    The kal voice puts up to 0.03 s of silence behind its last phone, which is cut off.
    """
    audio, rate = soundfile.read(path, dtype="float64")
    if rate != SAMPLE_RATE:
        audio = soxr.resample(audio, rate, SAMPLE_RATE, quality="VHQ")
    samples = round(duration * SAMPLE_RATE)
    if not 0 <= len(audio) - samples < 0.05 * SAMPLE_RATE:
        raise ValueError(f"the audio lasts {len(audio) / SAMPLE_RATE:.3f} s, the phones {duration:.3f} s")
    trimmed: NDArray[np.float64] = audio[:samples]
    trimmed *= PEAK / np.abs(trimmed).max()
    return trimmed


def write_intervals(path: Path, label: str, intervals: list[Interval]) -> None:
    """Write intervals as a CSV file with the columns ``start_s``, ``end_s`` and ``label``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["start_s", "end_s", label])
        writer.writerows([f"{start:.4f}", f"{end:.4f}", name] for start, end, name in intervals)


def make_sentence(out: Path, name: str, text: str) -> float:
    """Write the four files of one sentence and return its duration in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        wave, phones, words = run_festival(VOICES[name.split("_")[0]], text, Path(folder))
        audio = load_audio(wave, phones[-1][1])
    soundfile.write(out / "wav" / f"{name}.flac", audio, SAMPLE_RATE, subtype="PCM_16")
    (out / "transcripts" / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
    write_intervals(out / "words" / f"{name}.csv", "word", words)
    write_intervals(out / "phones" / f"{name}.csv", "phone", merge_pauses(phones))
    return len(audio) / SAMPLE_RATE


def main() -> None:
    """Remake the whole folder."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--sentences", type=Path, default=here / "sentences.tsv", help="table with id, text and split")
    parser.add_argument("--out", type=Path, default=here, help="folder to write to")
    args = parser.parse_args()
    for kind in ("wav", "transcripts", "words", "phones"):
        (args.out / kind).mkdir(parents=True, exist_ok=True)
    with args.sentences.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    total = sum(make_sentence(args.out, row["id"], row["text"]) for row in rows)
    splits = {split: [row["id"] for row in rows if row["split"] == split] for split in SPLITS}
    (args.out / "splits.json").write_text(json.dumps(splits, indent=2) + "\n", encoding="utf-8")
    print(f"{len(rows)} sentences, {total:.1f} s")


if __name__ == "__main__":
    main()
