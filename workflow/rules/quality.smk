# Of the runs that the config names, and no others that may lie in results/: what it is made of are its inputs.
rule quality:
    input:
        corpus=rules.prepare.output,
        shards=all_shard_tables,
        transcripts=all_transcripts(),
        textgrids=all_aligned("textgrids", "{shard}.status.parquet"),
        alignments=all_aligned("alignments", "{shard}.parquet"),
        key_frames=all_key_frames(),
    output:
        html=report(
            RESULTS / "quality/quality.html",
            caption="../report/quality.rst",
            category="Quality",
            labels={"page": "transcripts, alignments, key frames"},
        ),
        clips=RESULTS / "quality/clips.parquet",
        disagreement=RESULTS / "quality/disagreement.parquet",
        given_times=RESULTS / "quality/given_times.parquet",
        premise=RESULTS / "quality/premise.parquet",
    log:
        RESULTS / "logs/quality.log",
    benchmark:
        RESULTS / "benchmarks/quality.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        results=RESULTS,
        folder=RESULTS / "quality",
        runs=[f"--run={run}" for run in RUNS],
        given_times=dag.given_times_fingerprint(config["corpus"]),
        version=dag.VERSIONS["quality"],
    shell:
        'kmtalk quality {params.results:q} --root "$KMTALK_ROOT" {params.runs:q} --output {params.folder:q} 2> {log:q}'
