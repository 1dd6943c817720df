rule features:
    input:
        shard_table,
    output:
        features=RESULTS / "features/{encoder}/{shard}.safetensors",
        status=RESULTS / "features/{encoder}/{shard}.status.parquet",
    log:
        RESULTS / "logs/features/{encoder}/{shard}.log",
    benchmark:
        RESULTS / "benchmarks/features/{encoder}/{shard}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        encoder=block("encoder"),
        folder=lambda wildcards, output: Path(output.features).parent,
        version=model_dag.VERSIONS["features"],
    shell:
        'kmtalk features {input:q} --root "$KMTALK_ROOT" --encoder {params.encoder:q} --threads {threads} '
        "--output {params.folder:q} 2> {log:q}"
