"""The aligner `viter`: models of MFA without Kaldi, and models trained on the corpus itself."""
