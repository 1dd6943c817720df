# A checkpoint, since it leaves an unchanged shard's table untouched: what lies below such a shard is not made again.
# The tables are therefore no declared outputs, which Snakemake would delete before each run.
checkpoint prepare:
    input:
        CONVERTED or [],
    output:
        RESULTS / "corpus/corpus.json",
    log:
        RESULTS / "logs/prepare.log",
    benchmark:
        RESULTS / "benchmarks/prepare.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 4
    params:
        corpus=json.dumps(config["corpus"], sort_keys=True),
        folder=RESULTS / "corpus",
        fingerprint=FINGERPRINT,
        version=dag.VERSIONS["prepare"],
    shell:
        "kmtalk prepare --corpus {params.corpus:q} --threads {threads} --output {params.folder:q} 2> {log:q}"
