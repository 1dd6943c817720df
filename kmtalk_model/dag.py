"""What the Snakemake workflow asks of the package before any job runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kmtalk_align import blocks
from kmtalk_align.errors import ConfigError
from kmtalk_model import features
from kmtalk_model.encoders import encoder_config

# See kmtalk_align.dag.
VERSIONS = {"features": features.VERSION}


def check_encoders(config: Mapping[str, Any], results: Path) -> None:
    """Raise ConfigError where `features` of a config names an encoder that isn't there, or whose block is wrong.

    Raises ArtefactError where a block made features under the folder `results` with other settings.
    """
    for name in config.get("features", []):
        if name not in config.get("encoder", {}):
            raise ConfigError(
                f"there is no encoder block {name!r}",
                where="config, features",
                fix=f"choose from: {', '.join(config.get('encoder', {})) or '(none; add a section `encoder`)'}",
            )
        folder = results / config["corpus"]["name"] / "features" / name
        blocks.check_block(folder, encoder_config(config["encoder"][name]))
