"""From cached features and key frames to facial motion. Its parts come with training; the command is mounted here."""
