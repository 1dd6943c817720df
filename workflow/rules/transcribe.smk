rule transcribe:
    input:
        shard_table,
    output:
        RESULTS / "transcripts/{asr}/{shard}.parquet",
    log:
        RESULTS / "logs/transcribe/{asr}/{shard}.log",
    benchmark:
        RESULTS / "benchmarks/transcribe/{asr}/{shard}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        asr=block("asr"),
        version=dag.VERSIONS["transcribe"],
    shell:
        'kmtalk transcribe {input:q} --root "$KMTALK_ROOT" --asr {params.asr:q} --threads {threads} '
        "--output {output:q} 2> {log:q}"
