"""The motion decoder that both stages of KMTalk share, as SelfTalk has it."""

from __future__ import annotations

from torch import Tensor, nn


class MotionDecoder(nn.Module):
    """Tokens (B, T, d) -> motion (B, T, k), the coefficients of a MotionBasis.

    Transformer decoder layers whose targets are the tokens themselves and whose memory is the tokens or other ones; no
    causal mask and no positions. The head starts at zero, so that training starts at the template.
    Source: SelfTalk_release SelfTalk.py (networks.md 2): 1 layer, 4 heads, feed-forward 2d, dropout 0.1.
    """

    def __init__(self, width: int, heads: int, layers: int, dropout: float, motion_width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.TransformerDecoderLayer(width, heads, 2 * width, dropout, batch_first=True) for _ in range(layers)
        )
        self.head = nn.Linear(width, motion_width)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, tokens: Tensor, mask: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        """Motion (B, T, k); mask (B, T), memory_mask (B, M): bool, true for what is not padding."""
        for layer in self.layers:
            tokens = layer(tokens, memory, tgt_key_padding_mask=~mask, memory_key_padding_mask=~memory_mask)
        motion: Tensor = self.head(tokens)
        return motion
