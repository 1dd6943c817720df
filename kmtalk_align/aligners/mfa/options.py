"""The options that a user may add to ``mfa align``, checked before it is called.

MFA quietly ignores an option that it doesn't know, so that a misspelt one would do nothing and say nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence

from kmtalk_align.errors import ConfigError

# Options of the command line of MFA 3.4 that take no value.
_FLAGS = """
    cleanup_textgrids debug fine_tune ignore_oovs no_cleanup_textgrids no_debug no_textgrid_cleanup no_tokenization
    no_use_threading no_verbose textgrid_cleanup use_threading verbose
    """
FLAGS = frozenset(_FLAGS.split())
# Parameters of its aligner, which it reads from what its command line leaves over, by the type of their value.
_BOOLS = """
    adaptive_pitch_range allow_downsample allow_upsample analyze_intensity careful ignore_case output_analysis
    phone_confidence position_dependent_phones preserve_suprasegmentals raw_energy shared_silence_phones
    skip_all_uppercase snip_edges use_cutoff_model use_delta_pitch use_energy use_pitch use_voicing uses_cmvn
    uses_deltas uses_splices uses_voiced
    """
_INTS = """
    first_beam first_max_active frame_length frame_shift high_frequency language_model_weight lattice_beam low_frequency
    max_active max_disambiguation_symbol num_coefficients num_mel_bins num_non_silence_states num_silence_states
    oov_count_threshold sample_frequency splice_left_context splice_right_context
    """
_FLOATS = """
    acoustic_scale boost_silence cepstral_lifter delta_pitch dither energy_floor final_non_silence_correction
    final_silence_correction fine_tune_boundary_tolerance initial_silence_probability max_f0 min_f0 penalty_factor
    preemphasis_coefficient self_loop_scale silence_probability silence_weight transition_scale word_insertion_penalty
    """
_STRINGS = "cutoff_word feature_type fmllr_update_type oov_phone oov_word optional_silence_phone other_noise_phone"
PARAMETERS: dict[str, type] = {
    name: kind
    for kind, names in ((bool, _BOOLS), (int, _INTS), (float, _FLOATS), (str, _STRINGS))
    for name in names.split()
}
# What the config block has keys for, or what this project sets itself, and so may stand only there.
OURS = {
    "beam": "beam",
    "retry_beam": "retry_beam",
    "uses_speaker_adaptation": "speaker_adaptation",
    "single_speaker": "speaker_adaptation",
    "num_jobs": "jobs",
    "use_mp": "jobs",
    "no_use_mp": "jobs",
    "g2p_model_path": "g2p_model",
    "dictionary_path": "dictionary",
    "acoustic_model_path": "acoustic_model",
}


def check_options(options: Sequence[str]) -> None:
    """Raise ConfigError for an option that MFA 3.4 doesn't know, that is set elsewhere, or whose value is wrong."""
    rest = list(options)
    while rest:
        option = rest.pop(0)
        where = f"aligner block, options: {option}"
        name = option.removeprefix("--")
        if not option.startswith("--"):
            raise ConfigError("is no long option", where=where, fix="write --NAME, and its value as the next item")
        if name in OURS:
            raise ConfigError("has a key of its own", where=where, fix=f"set {OURS[name]}")
        if name in FLAGS:
            continue
        if name not in PARAMETERS:
            raise ConfigError("MFA 3.4 has no such option for us", where=where, fix=_advice(name))
        value = rest.pop(0) if rest and not rest[0].startswith("--") else None
        _check_value(PARAMETERS[name], value, where)


def _advice(name: str) -> str:
    if "=" in name:
        return "give the value as the next item; MFA ignores --NAME=VALUE"
    near = difflib.get_close_matches(name, [*FLAGS, *PARAMETERS, *OURS], n=1)
    return f"is it --{near[0]}?" if near else "mfa align --help lists them"


def _check_value(kind: type, value: str | None, where: str) -> None:
    if value is None:
        raise ConfigError("lacks its value", where=where, fix="give it as the next item")
    readers: dict[type, Callable[[str], object]] = {bool: _read_bool, int: int, float: float, str: str}
    try:
        readers[kind](value)
    except ValueError as error:
        raise ConfigError(f"{value!r} is no {kind.__name__}", where=where, fix="correct the value") from error


def _read_bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"
