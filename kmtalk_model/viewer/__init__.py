"""The viewer: one HTML page that shows animations with their sound, made of a bundle of JavaScript and their data."""
