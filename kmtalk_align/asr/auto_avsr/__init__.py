"""Recogniser `auto_avsr`: the audio-only Auto-AVSR network (Ma et al. 2023), which KMTalk's authors used.

Only config.py and units.py load without torch.
"""
