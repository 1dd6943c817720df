# The Montreal Forced Aligner is a program in an environment of its own, which knows nothing of kmtalk: these rules call
# the kmtalk of the environment that runs Snakemake, and that calls `mfa`. Without speaker adaptation a job is a shard,
# with it a speaker, whose TextGrids are then dealt out to the shards.


rule align_mfa:
    input:
        shard=shard_table,
        transcripts=transcripts_of_shard,
    output:
        textgrids=directory(RESULTS / "textgrids/{asr}.{aligner}/{shard}"),
        status=RESULTS / "textgrids/{asr}.{aligner}/{shard}.status.parquet",
    log:
        RESULTS / "logs/align/{asr}.{aligner}/{shard}.log",
    benchmark:
        RESULTS / "benchmarks/align/{asr}.{aligner}/{shard}.tsv"
    wildcard_constraints:
        aligner=one_of(set(OUTSIDE) - set(BY_SPEAKER)),
    conda:
        "../envs/mfa.yaml"
    threads: aligner_jobs
    params:
        aligner=block("aligner"),
        version=dag.VERSIONS["align"],
    shell:
        '"$KMTALK_COMMAND" align {input.shard:q} --transcripts {input.transcripts:q} --root "$KMTALK_ROOT" '
        "--aligner {params.aligner:q} --output {output.textgrids:q} --status {output.status:q} 2> {log:q}"


# Like `prepare`, it leaves the table of an unchanged speaker untouched, and so declares none of them.
checkpoint speakers:
    input:
        shards=all_shard_tables,
        transcripts=expand(
            RESULTS / "transcripts/{{asr}}/{shard}.parquet", shard=SHARDS
        ),
    output:
        RESULTS / "speakers/{asr}/speakers.json",
    log:
        RESULTS / "logs/speakers/{asr}.log",
    benchmark:
        RESULTS / "benchmarks/speakers/{asr}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        corpus=RESULTS / "corpus",
        transcripts=lambda wildcards: RESULTS / "transcripts" / wildcards.asr,
        folder=lambda wildcards: RESULTS / "speakers" / wildcards.asr,
        shards=len(SHARDS),
        version=dag.VERSIONS["speakers"],
    shell:
        "kmtalk speakers {params.corpus:q} {params.transcripts:q} --shards {params.shards} "
        "--output {params.folder:q} 2> {log:q}"


rule align_speaker:
    input:
        speaker_table,
    output:
        textgrids=directory(RESULTS / "speakers/{asr}.{aligner}/textgrids/{speaker}"),
        status=RESULTS / "speakers/{asr}.{aligner}/status/{speaker}.parquet",
    log:
        RESULTS / "logs/align_speaker/{asr}.{aligner}/{speaker}.log",
    benchmark:
        RESULTS / "benchmarks/align_speaker/{asr}.{aligner}/{speaker}.tsv"
    wildcard_constraints:
        aligner=one_of(BY_SPEAKER),
    conda:
        "../envs/mfa.yaml"
    threads: aligner_jobs
    params:
        aligner=block("aligner"),
        version=dag.VERSIONS["align"],
    shell:
        '"$KMTALK_COMMAND" align-speaker {input:q} --root "$KMTALK_ROOT" --aligner {params.aligner:q} '
        "--output {output.textgrids:q} --status {output.status:q} 2> {log:q}"


rule gather:
    input:
        shard=shard_table,
        transcripts=transcripts_of_shard,
        textgrids=speakers_of_shard("textgrids/{speaker}"),
        status=speakers_of_shard("status/{speaker}.parquet"),
    output:
        textgrids=directory(RESULTS / "textgrids/{asr}.{aligner}/{shard}"),
        status=RESULTS / "textgrids/{asr}.{aligner}/{shard}.status.parquet",
    log:
        RESULTS / "logs/align/{asr}.{aligner}/{shard}.log",
    benchmark:
        RESULTS / "benchmarks/align/{asr}.{aligner}/{shard}.tsv"
    wildcard_constraints:
        aligner=one_of(BY_SPEAKER),
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        aligner=block("aligner"),
        folder=lambda wildcards: RESULTS
        / "speakers"
        / f"{wildcards.asr}.{wildcards.aligner}",
        version=dag.VERSIONS["gather"],
    shell:
        "kmtalk gather {input.shard:q} {params.folder:q} --transcripts {input.transcripts:q} "
        "--aligner {params.aligner:q} --output {output.textgrids:q} --status {output.status:q} 2> {log:q}"
