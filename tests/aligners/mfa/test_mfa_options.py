"""Options of MFA that a user may add."""

from __future__ import annotations

from typing import Any

import pytest

from kmtalk_align.aligners import aligner_config
from kmtalk_align.aligners.mfa.options import check_options
from kmtalk_align.errors import ConfigError


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--fine_tune"],
        ["--acoustic_scale", "0.1", "--fine_tune", "--boost_silence", "1"],
        ["--uses_cmvn", "false"],
        ["--word_insertion_penalty", "-0.5"],
        ["--oov_phone", "spn"],
    ],
)
def test_what_mfa_knows_is_taken(options: list[str]) -> None:
    check_options(options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--acustic_scale", "0.1"], "is it --acoustic_scale?"),
        (["--boost_silence=1"], "MFA ignores --NAME=VALUE"),
        (["--beam", "100"], "has a key of its own; set beam"),
        (["--single_speaker"], "set speaker_adaptation"),
        (["-j", "4"], "is no long option"),
        (["fine_tune"], "is no long option"),
        (["--acoustic_scale"], "lacks its value"),
        (["--acoustic_scale", "--fine_tune"], "lacks its value"),
        (["--acoustic_scale", "much"], "'much' is no float"),
        (["--frame_shift", "0.5"], "'0.5' is no int"),
        (["--uses_cmvn", "no"], "'no' is no bool"),
        (["--fine_tune", "true"], "true: is no long option"),
        (["--quite_unlike_anything_else"], "mfa align --help"),
    ],
)
def test_what_mfa_would_ignore_or_stumble_over_is_an_error(options: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_options(options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"beam": 40}, "retry_beam: must be at least 41"),
        ({"beam": 0}, "beam: must be at least 1"),
        ({"jobs": 0}, "jobs: must be at least 1"),
        ({"timeout_s": 0}, "timeout_s: must be more than 0"),
        ({"command": []}, "command: is empty"),
        ({"dictionary": "--beam"}, "'--beam' is no name of a model"),
        ({"g2p_model": ""}, "'' is no name of a model"),
        ({"options": ["--no_such_thing"]}, "MFA 3.4 has no such option"),
        ({"model": "english"}, "unknown key model"),
    ],
)
def test_a_block_with_a_wrong_value_is_an_error_that_names_the_key(block: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        aligner_config({"backend": "mfa", **block})
    assert message in str(caught.value)
