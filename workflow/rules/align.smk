rule align:
    input:
        shard=shard_table,
        transcripts=transcripts_of_shard,
        textgrids=own_textgrids,
        model=trained_model,
    output:
        textgrids=directory(RESULTS / "textgrids/{asr}.{aligner}/{shard}"),
        status=RESULTS / "textgrids/{asr}.{aligner}/{shard}.status.parquet",
    log:
        RESULTS / "logs/align/{asr}.{aligner}/{shard}.log",
    benchmark:
        RESULTS / "benchmarks/align/{asr}.{aligner}/{shard}.tsv"
    wildcard_constraints:
        aligner=one_of(set(config["aligner"]) - set(OUTSIDE)),
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        aligner=block("aligner"),
        transcripts=lambda wildcards, input: (
            ["--transcripts", input.transcripts] if input.transcripts else []
        ),
        model=lambda wildcards, input: ["--model", input.model] if input.model else [],
        version=dag.VERSIONS["align"],
    shell:
        'kmtalk align {input.shard:q} {params.transcripts:q} --root "$KMTALK_ROOT" --aligner {params.aligner:q} '
        "{params.model:q} --output {output.textgrids:q} --status {output.status:q} 2> {log:q}"


rule parse:
    input:
        shard=shard_table,
        textgrids=RESULTS / "textgrids/{asr}.{aligner}/{shard}",
        status=RESULTS / "textgrids/{asr}.{aligner}/{shard}.status.parquet",
        corrections=corrections,
    output:
        RESULTS / "alignments/{asr}.{aligner}/{shard}.parquet",
    log:
        RESULTS / "logs/parse/{asr}.{aligner}/{shard}.log",
    benchmark:
        RESULTS / "benchmarks/parse/{asr}.{aligner}/{shard}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        corrections=["--corrections", CORRECTIONS] if CORRECTIONS else [],
        version=dag.VERSIONS["parse"],
    shell:
        "kmtalk parse {input.shard:q} {input.textgrids:q} --status {input.status:q} {params.corrections:q} "
        "--output {output:q} 2> {log:q}"
