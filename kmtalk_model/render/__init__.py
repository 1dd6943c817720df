"""Animations as pictures: videos with sound, and still figures, drawn by VTK without a screen."""
