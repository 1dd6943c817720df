rule keyframes:
    input:
        shard=shard_table,
        alignments=RESULTS / "alignments/{asr}.{aligner}/{shard}.parquet",
    output:
        RESULTS / "keyframes/{asr}.{aligner}.{selector}/{shard}.parquet",
    log:
        RESULTS / "logs/keyframes/{asr}.{aligner}.{selector}/{shard}.log",
    benchmark:
        RESULTS / "benchmarks/keyframes/{asr}.{aligner}.{selector}/{shard}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        selector=block("selector"),
        version=dag.VERSIONS["keyframes"],
    shell:
        "kmtalk keyframes {input.shard:q} {input.alignments:q} --selector {params.selector:q} "
        "--output {output:q} 2> {log:q}"
