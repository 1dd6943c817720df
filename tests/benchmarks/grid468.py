"""The workflow on all of grid468, measured: speed against the bare libraries, memory, and how good the result is.

    python tests/benchmarks/grid468.py DATA [--work DIR] [--cores 2]

DATA is grid468 in the folder layout (README, "Your own data"). Nothing here is asserted; the figures are printed. The
ratio is one of one run: bare libraries, workflow, bare libraries again, on the same cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from kmtalk_align.allocator import keep_freed_memory
from kmtalk_align.asr.weights import faster_whisper_folder
from kmtalk_align.audio import decode, to_pcm16
from kmtalk_align.quality import summarize
from kmtalk_align.quality.collect import Quality, collect
from kmtalk_align.quality.views import given_groups, pool
from kmtalk_align.tables import CORPUS, TRANSCRIPTS
from kmtalk_align.time_differences import Differences

REPOSITORY = Path(__file__).parents[2]
GATE = 1.25


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, default=Path("benchmark-grid468"), help="is emptied first")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--skip-bare", action="store_true", help="leave out the comparison with the bare libraries")
    parser.add_argument("--skip-quality", action="store_true", help="leave out memory, and how good the result is")
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    config = yaml.safe_load((REPOSITORY / "workflow/config/grid468.yaml").read_text())
    config["corpus"]["root"] = str(options.data.absolute())
    config["runs"] = [{"asr": "faster_whisper_tiny_en", "aligner": "pocketsphinx", "selector": "phoneme"}]

    wall, results = run_workflow(options.work / "all", config, options.cores)
    report_speed(results, wall)
    if not options.skip_bare:
        before = bare_seconds(options.data, results, options.cores)
        shutil.rmtree(options.work / "all")
        wall, results = run_workflow(options.work / "all", config, options.cores)
        after = bare_seconds(options.data, results, options.cores)
        bare = (before + after) / 2 / options.cores
        print(f"workflow {wall:.1f} s; bare libraries {before / options.cores:.1f} and {after / options.cores:.1f} s")
        print(f"RATIO workflow / bare libraries: {wall / bare:.3f} (gate {GATE})")
    if options.skip_quality:
        return
    report_memory(options.work, config, results, options.cores)
    for asr in ("whisper_tiny_en", "reference"):
        config["runs"].append({"asr": asr, "aligner": "pocketsphinx", "selector": "phoneme"})
    wall, results = run_workflow(options.work / "all", config, options.cores)
    print(f"two more recognisers on top: {wall:.1f} s")
    report_quality(options.data, results)


def run_workflow(folder: Path, config: dict[str, Any], cores: int) -> tuple[float, Path]:
    """Wall seconds of snakemake over a config, and the results."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "-s", str(REPOSITORY / "Snakefile"), "--cores", str(cores)]
    begin = time.perf_counter()
    subprocess.run([*command, "--configfile", "config.yaml", "--quiet", "all"], cwd=folder, check=True)
    return time.perf_counter() - begin, folder / "results" / config["corpus"]["name"]


def rows(results: Path, table: Any, place: str) -> Iterator[dict[str, Any]]:
    """The rows of all shards of a kind of artefact."""
    shards = json.loads((results / "corpus/corpus.json").read_text())["shards"]
    for shard in shards:
        yield from table.read(results / place / f"{shard}.parquet")


def benchmarks(results: Path, rule: str) -> list[dict[str, str]]:
    """Snakemake's benchmark rows of a rule's jobs."""
    paths = [results / f"benchmarks/{rule}.tsv", *sorted((results / f"benchmarks/{rule}").rglob("*.tsv"))]
    return [row for path in paths if path.is_file() for row in csv.DictReader(path.open(), delimiter="\t")]


def report_speed(results: Path, wall: float) -> None:
    """The real-time factor of each stage (its jobs' seconds over the audio's) and of the whole."""
    audio = sum(row["duration_s"] for row in rows(results, CORPUS, "corpus"))
    print(f"{audio / 60:.1f} min of audio, workflow {wall:.1f} s wall: real-time factor {wall / audio:.4f}")
    for rule in ("prepare", "transcribe", "align", "parse", "keyframes"):
        seconds = sum(float(row["s"]) for row in benchmarks(results, rule))
        print(f"  {rule:12} {seconds:7.1f} s of jobs, real-time factor {seconds / audio:.4f}")


def bare_seconds(data: Path, results: Path, cores: int) -> float:
    """Seconds that the libraries alone take for recognition and alignment, summed over `cores` processes at once.

    Models are loaded and files listed before the clock starts. The words are those that the workflow aligned.
    """
    words = {
        row["utterance_id"]: row["words"]
        for row in rows(results, TRANSCRIPTS, "transcripts/faster_whisper_tiny_en")
        if row["status"] == "ok"
    }
    jobs = [
        (data / row["audio_path"], words.get(row["utterance_id"], []))
        for row in rows(results, CORPUS, "corpus")
        if row["status"] == "ok"
    ]
    # One thread a process, as snakemake sets it for such jobs: else their BLAS threads get in each other's way.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(cores)
    with context.Pool(cores, initializer=_share, initargs=(ready,)) as pool:
        return sum(pool.map(_bare, [jobs[part::cores] for part in range(cores)], chunksize=1))


def _share(ready: Any) -> None:
    global _ready
    _ready = ready


def _bare(jobs: list[tuple[Path, list[str]]]) -> float:
    from faster_whisper import WhisperModel
    from faster_whisper.vad import get_speech_timestamps
    from pocketsphinx import Decoder

    from kmtalk_align.pronounce import guess

    keep_freed_memory()
    model = WhisperModel(str(faster_whisper_folder("tiny.en").path), device="cpu", compute_type="int8", cpu_threads=1)
    decoder = Decoder(samprate=16_000, lm=None, bestpath=False, loglevel="FATAL", beam=1e-48, wbeam=1e-80, pbeam=1e-100)
    for word in sorted({word for _, words in jobs for word in words}):
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, " ".join(guess(word)), update=True)
    get_speech_timestamps(decode(jobs[0][0]))
    _ready.wait()
    begin = time.perf_counter()
    for path, _ in jobs:
        samples = decode(path)
        get_speech_timestamps(samples)
        segments, _ = model.transcribe(
            samples,
            language="en",
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        list(segments)
    for path, words in jobs:
        pcm = to_pcm16(decode(path))
        if not words:
            continue
        decoder.reinit_feat()
        decoder.set_align_text(" ".join(words))
        for place in range(2):
            decoder.start_utt()
            decoder.process_raw(pcm, full_utt=True)
            decoder.end_utt()
            if place == 0:
                if decoder.hyp() is None:
                    break
                decoder.set_alignment()
        else:
            list(decoder.get_alignment())
    return time.perf_counter() - begin


def report_memory(work: Path, config: dict[str, Any], results: Path, cores: int) -> None:
    """Peak memory of the jobs of each stage, for an eighth of the corpus and for all of it, in as many shards."""
    ids = sorted(row["utterance_id"] for row in rows(results, CORPUS, "corpus"))
    small = {**config, "corpus": {**config["corpus"], "include": ids[::8]}}
    _, part = run_workflow(work / "eighth", small, cores)
    print(f"peak memory of a job, {len(ids[::8])} and {len(ids)} utterances in {config['corpus']['shards']} shards:")
    for rule in ("prepare", "transcribe", "align", "parse", "keyframes"):
        peaks = [max(float(row["max_rss"]) for row in benchmarks(place, rule)) for place in (part, results)]
        print(f"  {rule:12} {peaks[0]:7.1f} MB {peaks[1]:7.1f} MB")


def report_quality(data: Path, results: Path) -> None:
    """Word error rates, key ratios, and aligned against given word times."""
    for run in summarize(results):
        ratios = sorted(run.key_ratios.values())
        print(f"{run.name}: {dict(run.sources)}")
        print(f"  share with source phoneme {run.sources['phoneme'] / run.utterances:.3f}")
        if run.word_error_rate is not None:
            print(f"  word error rate {run.word_error_rate:.3f} over {run.reference_words} words")
        print(f"  key ratio a clip: mean {run.key_ratio:.3f}, min {ratios[0]:.3f}, max {ratios[-1]:.3f}")
        print(f"  key frames a second of speech: {run.key_frames_per_spoken_s:.2f}")
    report_word_times(collect(results, data))


def report_word_times(quality: Quality) -> None:
    """Starts of aligned words against the corpus' own, where the two agree on the word."""
    for (aligned, tier), members in given_groups(quality.given_times):
        found = Differences.of(pool(members, "start"))
        if found is not None:
            print(
                f"{aligned}: starts of {tier} against the given ones, {len(members)} clips, {found.n} {tier}: median "
                f"|difference| {1000 * found.median_s:.0f} ms, 95th percentile {1000 * found.percentile_95_s:.0f} ms, "
                f"bias {1000 * found.bias_s:+.0f} ms, within 50 ms {found.within_50_ms:.3f}, within 100 ms "
                f"{found.within_100_ms:.3f}"
            )


if __name__ == "__main__":
    main()
