# The utterances that the config's `show` names, to look at: what each experiment predicts of them beside what was
# captured. Read only where there are such, since a rule can't make no file.


# One job an experiment: the networks are loaded once.
rule predict:
    input:
        run=RESULTS / "runs/{experiment}/run.json",
        stages=lambda wildcards: weights_of(EXPERIMENTS.stages(wildcards.experiment)),
        shards=all_shard_tables,
        templates=templates,
        key_frames=keys_of_experiment,
        alignments=alignments_of_experiment,
        features=lambda wildcards: features_of(
            [EXPERIMENTS[wildcards.experiment].audio.encoder]
        ),
    output:
        [RESULTS / "animations/{experiment}" / f"{one}.npz" for one in SHOWN],
    log:
        RESULTS / "logs/predict/{experiment}.log",
    benchmark:
        RESULTS / "benchmarks/predict/{experiment}.tsv"
    wildcard_constraints:
        experiment=one_of(config["train"]),
    conda:
        "../envs/kmtalk.yaml"
    threads: 4
    params:
        utterances=[f"--utterance={one}" for one in config["show"]],
        folder=lambda wildcards, output: Path(output[0]).parent,
        version=model_dag.VERSIONS["predict"],
    shell:
        'kmtalk predict {input.run:q} --root "$KMTALK_ROOT" {params.utterances:q} -o {params.folder:q} > {log:q} 2>&1'


# With the phones and key frames that the first experiment goes by.
rule captured:
    input:
        shards=all_shard_tables,
        templates=templates,
        key_frames=lambda _: keys_of(config["train"][0]),
        alignments=lambda _: alignments_of(config["train"][0]),
    output:
        [RESULTS / "animations" / model_dag.CAPTURED / f"{one}.npz" for one in SHOWN],
    log:
        RESULTS / "logs/captured.log",
    benchmark:
        RESULTS / "benchmarks/captured.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        utterances=[f"--utterance={one}" for one in config["show"]],
        results=RESULTS,
        folder=RESULTS / "animations" / model_dag.CAPTURED,
        run=EXPERIMENTS[config["train"][0]].keys.name,
        version=model_dag.VERSIONS["captured"],
    shell:
        'kmtalk captured {params.results:q} --root "$KMTALK_ROOT" --run {params.run:q} {params.utterances:q} '
        "-o {params.folder:q} > {log:q} 2>&1"


rule render:
    input:
        result=RESULTS / "animations/{experiment}/{utterance}.npz",
        captured=RESULTS / "animations" / model_dag.CAPTURED / "{utterance}.npz",
    output:
        report(
            RESULTS / "videos/{experiment}/{utterance}.mp4",
            caption="../report/video.rst",
            category="Look",
            subcategory="Videos",
            labels={"experiment": "{experiment}", "utterance": "{utterance}"},
        ),
    log:
        RESULTS / "logs/render/{experiment}/{utterance}.log",
    benchmark:
        RESULTS / "benchmarks/render/{experiment}/{utterance}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        version=model_dag.VERSIONS["render"],
    shell:
        "kmtalk render {input.result:q} --captured {input.captured:q} -o {output:q} > {log:q} 2>&1"


rule figure:
    input:
        result=RESULTS / "animations/{experiment}/{utterance}.npz",
        captured=RESULTS / "animations" / model_dag.CAPTURED / "{utterance}.npz",
    output:
        report(
            RESULTS / "figures/{experiment}/{utterance}.png",
            caption="../report/figure.rst",
            category="Look",
            subcategory="Figures",
            labels={"experiment": "{experiment}", "utterance": "{utterance}"},
        ),
    log:
        RESULTS / "logs/figure/{experiment}/{utterance}.log",
    benchmark:
        RESULTS / "benchmarks/figure/{experiment}/{utterance}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        version=model_dag.VERSIONS["figure"],
    shell:
        "kmtalk figure {input.result:q} --captured {input.captured:q} -o {output:q} > {log:q} 2>&1"


rule view:
    input:
        results=expand(
            RESULTS / "animations/{experiment}/{{utterance}}.npz",
            experiment=config["train"],
        ),
        captured=RESULTS / "animations" / model_dag.CAPTURED / "{utterance}.npz",
    output:
        report(
            RESULTS / "viewer/{utterance}.html",
            caption="../report/viewer.rst",
            category="Look",
            subcategory="Viewer",
            labels={"utterance": "{utterance}"},
        ),
    log:
        RESULTS / "logs/view/{utterance}.log",
    benchmark:
        RESULTS / "benchmarks/view/{utterance}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        version=model_dag.VERSIONS["view"],
        viewer=model_dag.viewer_digest(),
    shell:
        "kmtalk view {input.results:q} --captured {input.captured:q} -o {output:q} > {log:q} 2>&1"
