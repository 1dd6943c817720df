#!/bin/sh
# The main job on the speech that comes with the project; without Whisper's weights, on its own transcripts.
set -eu
cores=${1:-2}
config=workflow/config/demo.yaml
if ! kmtalk doctor --can-recognise faster_whisper:tiny.en || ! kmtalk doctor --can-recognise whisper:tiny.en; then
    config=workflow/config/demo_reference.yaml
    echo "Whisper's weights can't be had on this machine (kmtalk doctor says what to do)."
    echo "Going on with the transcripts that come with the speech."
fi
snakemake --profile workflow/profiles/local --cores "$cores" --configfile "$config" --quiet rules reason host
kmtalk summary results/demo
echo "The tables, TextGrids and key frames lie under results/demo/."
