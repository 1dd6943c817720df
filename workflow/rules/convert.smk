# A corpus in a layout of its own, brought into the folder layout. Its files are no declared outputs, which Snakemake would
# delete before each run: what is there and still belongs to its source is passed over.
rule convert:
    output:
        CONVERTED,
    log:
        RESULTS / "logs/convert.log",
    benchmark:
        RESULTS / "benchmarks/convert.tsv"
    conda:
        "../envs/kmtalk.yaml"
    # Not `workflow.cores`, which has `snakemake --summary` and `--unlock` ask for a number of cores.
    threads: workflow.resource_settings.cores or 4
    params:
        corpus=json.dumps(config["corpus"], sort_keys=True),
        fingerprint=FINGERPRINT,
        version=dag.VERSIONS["convert"],
    shell:
        "kmtalk convert --corpus {params.corpus:q} --threads {threads} > {log:q} 2>&1"
