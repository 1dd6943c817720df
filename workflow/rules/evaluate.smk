# Choices are made on `val`, so every experiment is scored there; on other splits only those that the config's `test`
# names, once they are final.
#
# The weights are inputs beside run.json, which stays the same where only they change.
rule evaluate:
    input:
        run=RESULTS / "runs/{experiment}/run.json",
        stages=lambda wildcards: weights_of(EXPERIMENTS.stages(wildcards.experiment)),
        shards=all_shard_tables,
        key_frames=keys_of_experiment,
        alignments=alignments_of_experiment,
        features=lambda wildcards: features_of(
            [EXPERIMENTS[wildcards.experiment].audio.encoder]
        ),
    output:
        json=RESULTS / "evaluation/{experiment}.json",
        clips=RESULTS / "evaluation/{experiment}.parquet",
    log:
        RESULTS / "logs/evaluate/{experiment}.log",
    benchmark:
        RESULTS / "benchmarks/evaluate/{experiment}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 4
    resources:
        mem_mb=8000,
    params:
        split="val",
        version=model_dag.VERSIONS["evaluate"],
    shell:
        'kmtalk evaluate {input.run:q} --root "$KMTALK_ROOT" --split {params.split:q} '
        "--output {output.json:q} > {log:q} 2>&1"


use rule evaluate as evaluate_test with:
    output:
        json=RESULTS / "evaluation/{experiment}.{split}.json",
        clips=RESULTS / "evaluation/{experiment}.{split}.parquet",
    log:
        RESULTS / "logs/evaluate/{experiment}.{split}.log",
    benchmark:
        RESULTS / "benchmarks/evaluate/{experiment}.{split}.tsv"
    params:
        split=lambda wildcards: wildcards.split,
        version=model_dag.VERSIONS["evaluate"],
