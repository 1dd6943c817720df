"""The sizes of an Auto-AVSR network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkSize:
    """The published sizes are the defaults (mpc001/auto_avsr, audio-only): 243,049,202 parameters.

    channels: of the front end's four stages; width: d of encoder and decoder; outputs: units, blank and end.
    """

    channels: tuple[int, int, int, int] = (64, 128, 256, 512)
    width: int = 768
    heads: int = 12
    feed_forward: int = 3072
    outputs: int = 5049
    encoder_layers: int = 12
    decoder_layers: int = 6

    @classmethod
    def of(cls, shapes: Mapping[str, Sequence[int]]) -> NetworkSize:
        """The widths that a checkpoint's shapes tell, each read off one entry; the published one where that lacks.

        The number of layers is the published one, so that a checkpoint without its last layer is one with gaps.
        """

        def first(name: str, otherwise: int) -> int:
            shape = shapes.get(name, ())
            return shape[0] if shape and shape[0] > 0 else otherwise

        published = cls()
        stages = [
            first(f"frontend.trunk.layer{n}.0.conv1.weight", c) for n, c in enumerate(published.channels, start=1)
        ]
        return cls(
            channels=(stages[0], stages[1], stages[2], stages[3]),
            width=first("encoder.after_norm.weight", published.width),
            heads=first("encoder.encoders.0.self_attn.pos_bias_u", published.heads),
            feed_forward=first("encoder.encoders.0.feed_forward.w_1.weight", published.feed_forward),
            outputs=first("ctc.ctc_lo.weight", published.outputs),
        )
