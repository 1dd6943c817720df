"""Aligner `pocketsphinx`: the embedded default. Its English model comes with the package."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kmtalk_align.aligners.base import Aligned, Alignment, Interval, OneByOne
from kmtalk_align.aligners.language import refuse_language
from kmtalk_align.aligners.long_audio import align_in_windows
from kmtalk_align.audio import SAMPLE_RATE, Samples, is_silent, to_pcm16
from kmtalk_align.corpus import Utterance
from kmtalk_align.errors import AlignmentError
from kmtalk_align.pronounce import guess, read_dictionary, to_ascii

if TYPE_CHECKING:
    from pocketsphinx import Decoder

# Of the model and of the grapheme-to-phoneme, ISO 639-1.
LANGUAGE = "en"
_FRAMES_PER_S = 100
# Words of the user's own dictionary are added under another name, since the built-in one can't be overridden.
_USER_PREFIX = "user."
# A narrower beam loses the path at long pauses and comes back at the wrong word.
_PREFIX_BEAM = 1e-100


@dataclass(frozen=True)
class PocketsphinxConfig:
    """beams: tried one after another until one succeeds (0.0 prunes nothing); min_score: an alignment whose mean
    log-likelihood a frame over the spoken phones is lower has words that nobody said; window_s: longer recordings are
    aligned piece by piece, cut at pauses; dictionary: pronunciations in ARPABET that go before the built-in ones.
    """

    backend: str = "pocketsphinx"
    beams: tuple[float, ...] = (1e-48, 1e-100, 0.0)
    min_score: float = -40.0
    window_s: float = 30.0
    dictionary: str | None = None

    def load(self) -> Pocketsphinx:
        """The aligner, ready. Raises PronunciationError for a dictionary that can't be read."""
        return Pocketsphinx(self)


class Pocketsphinx(OneByOne):
    """Two passes: the words against the sound, then the phones within them (pocketsphinx `set_alignment`)."""

    needs_words = True

    def __init__(self, config: PocketsphinxConfig) -> None:
        self._config = config
        own = read_dictionary(Path(config.dictionary)) if config.dictionary else {}
        self._own = {_USER_PREFIX + word: phones for word, phones in own.items()}
        self._decoders: dict[float, Decoder] = {}
        self._guessed: dict[str, tuple[str, ...]] = {}

    def align(self, utterance: Utterance, words: Sequence[str], sound: Callable[[], Samples]) -> Aligned:
        """See OneByOne.align. English only: another language is refused, never pronounced as if it were English."""
        where = utterance.utterance_id
        refuse_language(utterance, LANGUAGE, model="pocketsphinx's model")
        samples = sound()
        if is_silent(samples):
            raise AlignmentError("the recording is silent", where=where, fix="replace it or exclude the utterance")
        tokens = [self._token(word) for word in words]
        phones_by_word = align_in_windows(self, samples, tokens, self._config.window_s, where)
        alignment = _alignment(words, phones_by_word, len(samples) / SAMPLE_RATE)
        if alignment.score is not None and alignment.score < self._config.min_score:
            raise AlignmentError(
                f"the words do not fit the sound (score {alignment.score:.1f} a frame, at least "
                f"{self._config.min_score:g} is expected): {' '.join(words)[:80]!r}",
                where=where,
                fix="check the transcript, and whether English is spoken",
            )
        unknown = dict.fromkeys(word for word, token in zip(words, tokens, strict=True) if token in self._guessed)
        return Aligned(alignment, tuple(unknown))

    def align_window(self, samples: Samples, tokens: Sequence[str]) -> list[list[Interval]] | None:
        """Phones of each token within one window (S,), None where no beam succeeds."""
        pcm = to_pcm16(samples)
        for beam in self._config.beams:
            decoder = self._fresh(beam)
            decoder.set_align_text(" ".join(tokens))
            _decode(decoder, pcm)
            if decoder.hyp() is None:
                continue
            try:
                decoder.set_alignment()
            except RuntimeError:  # the first pass did not reach the last word within this beam
                continue
            _decode(decoder, pcm)  # no hyp() from here on: pocketsphinx 5.1.1 crashes at it after this pass
            found = _phones_by_word(decoder.get_alignment() or ())
            if len(found) == len(tokens):
                return found
        return None

    def match_prefix(self, samples: Samples, tokens: Sequence[str]) -> list[Interval]:
        """How many of the tokens, from the first on, are spoken in a window (S,): words in time, pauses as ``<sil>``.

        A grammar that may end after any word; [] where nothing matches.
        """
        decoder = self._fresh(_PREFIX_BEAM)
        last = len(tokens)
        steps = [(place, place + 1, 1.0, token) for place, token in enumerate(tokens)]
        ends = [(place, last, 1.0) for place in range(last)]
        decoder.add_fsg("prefix", decoder.create_fsg("prefix", 0, last, [*steps, *ends]))
        decoder.activate_search("prefix")
        _decode(decoder, to_pcm16(samples))
        if decoder.hyp() is None:
            return []
        return [
            Interval(segment.start_frame / _FRAMES_PER_S, (segment.end_frame + 1) / _FRAMES_PER_S, segment.word)
            for segment in decoder.seg() or ()
            if segment.word != "(NULL)"
        ]

    def _token(self, word: str) -> str:
        """The name under which the decoders know a word, whose phones are added where the dictionary lacks them."""
        plain = to_ascii(word)
        if _USER_PREFIX + plain in self._own:
            return _USER_PREFIX + plain
        if plain not in self._guessed and self._decoder(self._config.beams[0]).lookup_word(plain) is None:
            self._guessed[plain] = guess(word)
        return plain

    def _fresh(self, beam: float) -> Decoder:
        """A decoder in its first state: what it learnt of another utterance would move boundaries by a frame."""
        decoder = self._decoder(beam)
        decoder.reinit_feat()
        return self._with_words(decoder)

    def _with_words(self, decoder: Decoder) -> Decoder:
        for token, phones in (self._own | self._guessed).items():
            if decoder.lookup_word(token) is None:
                decoder.add_word(token, " ".join(phones), update=True)
        return decoder

    def _decoder(self, beam: float) -> Decoder:
        if beam not in self._decoders:
            self._decoders[beam] = _new_decoder(beam)
        return self._decoders[beam]


def _new_decoder(beam: float) -> Decoder:
    from pocketsphinx import Decoder

    # bestpath off: a word lattice loses the forced path (cmusphinx/pocketsphinx#354).
    return Decoder(
        samprate=SAMPLE_RATE,
        lm=None,
        bestpath=False,
        loglevel="FATAL",
        beam=beam,
        wbeam=min(beam, 1e-80),
        pbeam=min(beam, 1e-100),
    )


def _decode(decoder: Decoder, pcm: bytes) -> None:
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()


def _phones_by_word(aligned: Iterable[Any]) -> list[list[Interval]]:
    """Phones of each spoken word; pauses and noises between words are left out, and so become gaps."""
    return [
        [
            Interval(
                phone.start / _FRAMES_PER_S,
                (phone.start + phone.duration) / _FRAMES_PER_S,
                phone.name,
                phone.score / phone.duration,
            )
            for phone in word
        ]
        for word in aligned
        if not word.name.startswith(("<", "[", "+", "++"))
    ]


def _alignment(words: Sequence[str], phones_by_word: list[list[Interval]], duration_s: float) -> Alignment:
    spans = [
        Interval(phones[0].start_s, min(phones[-1].end_s, duration_s), word)
        for word, phones in zip(words, phones_by_word, strict=True)
    ]
    phones = [
        Interval(phone.start_s, min(phone.end_s, duration_s), phone.label, phone.score)
        for phones in phones_by_word
        for phone in phones
        if phone.start_s < duration_s
    ]
    return Alignment(tuple(spans), tuple(phones), duration_s)
