# An experiment is a file, kmtalk_model/experiment_file.py; what it shares with the one it is based on is trained once,
# by that one. The file is no input, so that a comment in it has nothing trained again: what it comes to is a param.
#
# Its checkpoints, its metrics, and TensorBoard's log lie in the same folder and are no declared outputs, which Snakemake
# would delete with a job that was broken off: the next one goes on from the last epoch.
rule train:
    input:
        shards=all_shard_tables,
        templates=templates,
        key_frames=keys_of_experiment,
        transcripts=lambda wildcards: transcripts_of(
            EXPERIMENTS.transcripts(this_stage(wildcards))
        ),
        features=lambda wildcards: features_of(
            EXPERIMENTS.encoders(this_stage(wildcards))
        ),
        stages=lambda wildcards: weights_of(EXPERIMENTS.before(this_stage(wildcards))),
    output:
        weights=RESULTS / "runs/{experiment}/{stage}/model.safetensors",
        config=RESULTS / "runs/{experiment}/{stage}/config.json",
        card=RESULTS / "runs/{experiment}/{stage}/README.md",
        stage=RESULTS / "runs/{experiment}/{stage}/stage.json",
    log:
        RESULTS / "logs/train/{experiment}/{stage}.log",
    benchmark:
        RESULTS / "benchmarks/train/{experiment}/{stage}.tsv"
    wildcard_constraints:
        stage=one_of(model_dag.STAGES),
    conda:
        "../envs/kmtalk.yaml"
    threads: 4
    resources:
        mem_mb=8000,
    params:
        results=RESULTS,
        recipe=lambda wildcards: EXPERIMENTS.recipe(this_stage(wildcards)),
        mesh=mesh,
        version=model_dag.VERSIONS["train"],
    shell:
        'kmtalk train "$KMTALK_EXPERIMENTS"/{wildcards.experiment}.yaml --stage {wildcards.stage} '
        '--results {params.results:q} --root "$KMTALK_ROOT" --resume 2> {log:q}'


rule assemble:
    input:
        shards=all_shard_tables,
        templates=templates,
        stages=lambda wildcards: weights_of(EXPERIMENTS.stages(wildcards.experiment)),
    output:
        run=RESULTS / "runs/{experiment}/run.json",
        templates=RESULTS / "runs/{experiment}/templates.safetensors",
    log:
        RESULTS / "logs/assemble/{experiment}.log",
    benchmark:
        RESULTS / "benchmarks/assemble/{experiment}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        results=RESULTS,
        experiment=lambda wildcards: EXPERIMENTS.resolved(wildcards.experiment),
        mesh=mesh,
        version=model_dag.VERSIONS["assemble"],
    shell:
        'kmtalk assemble "$KMTALK_EXPERIMENTS"/{wildcards.experiment}.yaml --results {params.results:q} 2> {log:q}'
