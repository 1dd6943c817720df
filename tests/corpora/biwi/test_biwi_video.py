"""The sound of a video as BIWI has them: Flash video, its sound compressed as MP3."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kmtalk_align.corpora.biwi import BiwiCorpus
from tests import made_biwi
from tests.made_biwi import FPS, RATE, motion_of

FRAMES = 30


def flash_video(path: Path) -> None:
    """A picture and a tone of so many frames; the encoder adds some milliseconds to the sound."""
    import av

    with av.open(str(path), "w", format="flv") as container:
        picture = container.add_stream("flv", rate=FPS, width=64, height=48, pix_fmt="yuv420p")
        sound = container.add_stream("libmp3lame", rate=RATE, layout="mono")
        for _ in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
            container.mux(picture.encode(frame))
        tone = (np.sin(np.arange(FRAMES * RATE // FPS) * 0.06) * 9000).astype(np.int16)
        samples = av.AudioFrame.from_ndarray(tone[None], format="s16p", layout="mono")
        samples.sample_rate = RATE
        container.mux([*picture.encode(None), *sound.encode(samples), *sound.encode(None)])


def test_its_sound_fits_the_frames(tmp_path: Path) -> None:
    root = tmp_path / "download"
    made_biwi.add_template(root, "F2")
    made_biwi.add_sequence(root, "F2_e01", frames=motion_of("F2_e01", FRAMES))
    flash_video(root / "videos/F2_e01.flv")
    corpus = BiwiCorpus(name="biwi", root=str(root), converted=str(tmp_path / "converted"))
    corpus.convert(threads=1)
    row = corpus.open().examine("F2_e01")
    assert (row.status, row.n_frames, row.sample_rate) == ("ok", FRAMES, RATE)
    assert abs(row.duration_s - FRAMES / FPS) < 0.08
