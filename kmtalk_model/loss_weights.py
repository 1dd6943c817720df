"""The weights of the losses, without torch: an experiment's config names them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LossWeights:
    """What each term of losses.py is multiplied by; a term of weight 0 is not computed.

    The defaults are KMTalk Eq. 2 (SelfTalk's): reconstruction, velocity, latent, ctc. lips: of the error at the lip
    vertices once more; dynamics: of the difference of the upper face's dynamics. These two the paper has not.
    """

    reconstruction: float = 1000.0
    velocity: float = 1000.0
    latent: float = 0.001
    ctc: float = 0.0001
    lips: float = 0.0
    dynamics: float = 0.0

    @property
    def reads_lips(self) -> bool:
        """Whether a lip reader takes part."""
        return self.latent != 0 or self.ctc != 0

    @property
    def compares_motion(self) -> bool:
        """Whether there is a term of the motion itself."""
        return any((self.reconstruction, self.velocity, self.lips, self.dynamics))


KEY_MOTION = LossWeights()
"""KMTalk Eq. 2."""
COMPLETION = LossWeights(reconstruction=1.0, velocity=1.0, latent=0.0, ctc=0.0)
"""KMTalk Eq. 6."""
