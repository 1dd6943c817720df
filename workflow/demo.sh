#!/bin/sh
# From the speech and the face that come with the project to a video and a page of a sentence that no network has seen.
# What this machine can't do is left out, and said.
set -eu
cores=${1:-2}
held_out=slt_sentence21
config=workflow/config/demo.yaml experiment=demo
if ! kmtalk doctor --can-recognise faster_whisper:tiny.en || ! kmtalk doctor --can-recognise whisper:tiny.en; then
    config=workflow/config/demo_reference.yaml experiment=demo_logmel
    echo "Whisper's weights can't be had on this machine (kmtalk doctor says what to do)."
    echo "Going on with the transcripts that come with the speech."
fi
targets=all report="make report"
if video=$(kmtalk doctor --can-show video); then
    video=results/demo/videos/$experiment/$held_out.mp4
    targets="$targets $video results/demo/figures/$experiment/$held_out.png"
else
    report="make report TARGETS=all"
fi
if page=$(kmtalk doctor --can-show page); then
    page=results/demo/viewer/$held_out.html
    targets="$targets $page"
else
    report="make report TARGETS=all"
fi
# shellcheck disable=SC2086  # the targets are several words
snakemake --profile workflow/profiles/local --cores "$cores" --configfile "$config" --quiet rules reason host -- $targets
kmtalk summary results/demo
echo
echo "A sentence that the networks have not seen, as they move the face, beside the motion that it should have:"
echo "  video  $video"
echo "  page   $page"
echo "Figures, curves and the report on quality lie under results/demo/; $report puts them all on one page."
