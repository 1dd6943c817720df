"""Any format people have becomes mono float32 at 16 kHz, and a bad file becomes one error that names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from kmtalk_align.audio import decode, is_silent, measure, to_pcm16
from kmtalk_align.errors import AudioError

RATE = 16_000


def tone(seconds: float = 1.0, rate: int = RATE) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * 300 * np.arange(round(seconds * rate)) / rate)


def noise(seconds: float) -> NDArray[np.float64]:
    return 0.2 * np.random.default_rng(0).standard_normal(round(seconds * RATE)).clip(-3, 3)


def encode(path: Path, samples: NDArray[np.float64], codec: str, container_format: str) -> Path:
    """Write samples at 16 kHz with one of FFmpeg's codecs, for formats that soundfile doesn't write."""
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.codec_context.open()
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype("<i2")[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(
            format=stream.codec_context.format, layout="mono", rate=RATE, frame_size=stream.codec_context.frame_size
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(piece))
    return path


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("tone.wav", "PCM_16"),
        ("tone.wav", "PCM_24"),
        ("tone.wav", "PCM_U8"),
        ("tone.wav", "FLOAT"),
        ("tone.wav", "DOUBLE"),
        ("tone.wav", "ULAW"),
        ("tone.flac", "PCM_16"),
        ("tone.aiff", "PCM_16"),
    ],
)
def test_lossless_formats_give_the_samples_that_were_written(
    write_wav: Callable[..., Path], name: str, subtype: str
) -> None:
    samples = decode(write_wav(name, tone(), subtype=subtype))
    assert samples.dtype == np.float32
    assert samples.shape == (RATE,)
    np.testing.assert_allclose(samples, tone(), atol=0.02 if subtype in ("PCM_U8", "ULAW") else 1e-4)


@pytest.mark.parametrize(("name", "subtype"), [("tone.mp3", "MPEG_LAYER_III"), ("tone.ogg", "OPUS")])
def test_lossy_formats_keep_length_and_time(write_wav: Callable[..., Path], name: str, subtype: str) -> None:
    original = noise(1.0)
    samples = decode(write_wav(name, original, subtype=subtype))
    assert samples.dtype == np.float32
    assert len(samples) == RATE
    correlation = np.correlate(np.pad(samples, 2000), original, "valid")
    assert int(np.argmax(correlation)) == pytest.approx(2000, abs=16)


def test_ogg_vorbis_is_decoded(write_wav: Callable[..., Path]) -> None:
    samples = decode(write_wav("tone.ogg", noise(1.0), subtype="VORBIS"))
    assert samples.dtype == np.float32
    assert len(samples) == RATE


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_any_sample_rate_becomes_16_khz(write_wav: Callable[..., Path], rate: int) -> None:
    samples = decode(write_wav("tone.wav", tone(1.0, rate), rate))
    assert len(samples) == RATE
    np.testing.assert_allclose(samples[800:-800], tone()[800:-800], atol=0.01)


def test_stereo_at_48_khz_becomes_the_mean_of_its_channels(write_wav: Callable[..., Path]) -> None:
    left = tone(1.0, 48_000)
    samples = decode(write_wav("stereo.wav", np.stack([left, np.zeros_like(left)], axis=1), 48_000))
    assert samples.shape == (RATE,)
    np.testing.assert_allclose(samples[800:-800], tone()[800:-800] / 2, atol=0.01)


def test_float_samples_beyond_full_scale_are_clipped(write_wav: Callable[..., Path]) -> None:
    samples = decode(write_wav("loud.wav", 8 * tone(), subtype="FLOAT"))
    assert np.abs(samples).max() <= 1.0
    assert samples.max() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("name", "container_format"), [("film.mp4", "mp4"), ("film.mov", "mov"), ("talk.m4a", "ipod")])
def test_the_sound_of_a_film_is_decoded(tmp_path: Path, name: str, container_format: str) -> None:
    samples = decode(encode(tmp_path / name, tone(2.0), "aac", container_format))
    assert len(samples) == pytest.approx(2 * RATE, abs=2048)  # AAC pads to whole frames of 1024


def test_a_bare_aac_stream_that_begins_quietly_is_not_taken_for_cut_off(tmp_path: Path) -> None:
    # Its header declares no duration: FFmpeg guesses one from the bit rate of the first frames.
    path = encode(tmp_path / "quiet.aac", np.concatenate([np.zeros(3 * RATE), noise(2.0)]), "aac", "adts")
    assert measure(path).duration_s == pytest.approx(5.0, abs=0.2)


def test_a_film_as_grid_ships_it_is_decoded(shared_data: Path) -> None:
    film = sorted((shared_data / "grid_raw" / "s1" / "video").glob("*.mpg"))[0]
    samples = decode(film)
    assert samples.dtype == np.float32
    assert len(samples) / RATE == pytest.approx(3.0, abs=0.05)
    assert not is_silent(samples)
    assert measure(film).sample_rate == 44_100


def test_measure_gives_exact_duration_and_the_files_own_rate(write_wav: Callable[..., Path]) -> None:
    measured = measure(write_wav("tone.wav", tone(1.0, 44_100)[:44_000], 44_100))
    assert measured.duration_s == 44_000 / 44_100
    assert measured.sample_rate == 44_100


@pytest.mark.parametrize("name", ["tone.wav", "tone.flac", "tone.mp3", "tone.ogg"])
@pytest.mark.parametrize("share", [0.2, 0.5])
@pytest.mark.parametrize("read", [decode, measure])
def test_a_truncated_file_is_refused(
    write_wav: Callable[..., Path], name: str, share: float, read: Callable[[Path], object]
) -> None:
    path = write_wav(name, tone(2.0), subtype={".mp3": "MPEG_LAYER_III", ".ogg": "VORBIS"}.get(name[4:], "PCM_16"))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(AudioError, match=name):
        read(path)


def test_a_wav_that_lacks_its_last_samples_is_refused(write_wav: Callable[..., Path]) -> None:
    path = write_wav("tone.wav", tone())
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(AudioError, match=r"tone\.wav: is cut off"):
        decode(path)


def test_a_wav_of_a_program_that_streams_declares_no_length_and_is_decoded(write_wav: Callable[..., Path]) -> None:
    path = write_wav("tone.wav", tone())
    content = bytearray(path.read_bytes())
    content[4:8] = content[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(content)
    assert len(decode(path)) == RATE


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _text(path: Path) -> None:
    path.write_text("This is no recording.\n" * 100)


def _header_only(path: Path) -> None:
    import soundfile

    soundfile.write(path, np.zeros(0), RATE)


def _header_of_a_longer_file(path: Path) -> None:
    import soundfile

    soundfile.write(path, tone(), RATE)
    path.write_bytes(path.read_bytes()[:44])


def _folder(path: Path) -> None:
    path.mkdir()


def _missing(path: Path) -> None:
    pass


@pytest.mark.parametrize("make", [_empty, _text, _header_only, _header_of_a_longer_file, _folder, _missing])
@pytest.mark.parametrize("read", [decode, measure])
def test_what_is_no_recording_is_one_error_that_names_the_file(
    tmp_path: Path, make: Callable[[Path], None], read: Callable[[Path], object]
) -> None:
    path = tmp_path / "bad.wav"
    make(path)
    with pytest.raises(AudioError, match=r"bad\.wav"):
        read(path)


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        for piece in (frame, None):
            container.mux(stream.encode(piece))
    with pytest.raises(AudioError, match=r"mute\.mp4: holds no audio stream"):
        decode(path)


def test_a_recording_whose_rate_changes_on_the_way_is_no_crash(write_wav: Callable[..., Path]) -> None:
    first = write_wav("slow.mp3", tone(2.0), subtype="MPEG_LAYER_III")
    second = write_wav("fast.mp3", tone(2.0, 44_100), 44_100, subtype="MPEG_LAYER_III")
    first.write_bytes(first.read_bytes() + second.read_bytes())
    with pytest.raises(AudioError, match=r"slow\.mp3"):
        decode(first)


@pytest.mark.parametrize("name", ["noise.wav", "noise.mp3", "noise.flac"])
def test_bytes_that_are_nothing_are_refused_whatever_their_suffix(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(np.random.default_rng(0).bytes(4000))
    with pytest.raises(AudioError, match=name):
        decode(path)


@pytest.mark.parametrize(
    ("samples", "silent"),
    [
        (np.zeros(100), True),
        (np.zeros(0), True),
        (np.full(100, 5e-4), True),
        (np.r_[np.zeros(99), -0.01], False),
        (tone(), False),
    ],
)
def test_silence_is_what_stays_under_minus_60_dbfs(samples: NDArray[np.float64], silent: bool) -> None:
    assert is_silent(samples.astype(np.float32)) is silent


def test_pcm16_round_trip_is_exact() -> None:
    numbers = np.array([-32768, -1, 0, 1, 12345, 32767], "<i2")
    assert to_pcm16(numbers.astype(np.float32) / 32768) == numbers.tobytes()


def test_pcm16_clips_instead_of_wrapping() -> None:
    loud = np.array([1.0, 1.5, -1.0, -1.5], np.float32)
    assert np.frombuffer(to_pcm16(loud), "<i2").tolist() == [32767, 32767, -32768, -32768]
