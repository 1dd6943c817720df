# An aligner that learns from the corpus: one model of all shards, so that a new transcript has it trained again.
rule train_aligner:
    input:
        shards=all_shard_tables,
        transcripts=training_transcripts,
    output:
        model=RESULTS / "aligners/{aligner}/model.viter",
        summary=RESULTS / "aligners/{aligner}/training.json",
    log:
        RESULTS / "logs/train_aligner/{aligner}.log",
    benchmark:
        RESULTS / "benchmarks/train_aligner/{aligner}.tsv"
    wildcard_constraints:
        aligner=one_of(TRAINED),
    conda:
        "../envs/kmtalk.yaml"
    threads: 4
    params:
        aligner=block("aligner"),
        corpus=RESULTS / "corpus",
        transcripts=lambda wildcards: RESULTS
        / "transcripts"
        / config["aligner"][wildcards.aligner]["train"]["transcripts"],
        folder=lambda wildcards: RESULTS / "aligners" / wildcards.aligner,
        shards=len(SHARDS),
        version=dag.VERSIONS["train_aligner"],
    shell:
        'kmtalk train-aligner {params.corpus:q} {params.transcripts:q} --shards {params.shards} --root "$KMTALK_ROOT" '
        "--aligner {params.aligner:q} --threads {threads} --output {params.folder:q} 2> {log:q}"
