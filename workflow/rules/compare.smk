# How experiments came out: their figures side by side, and how their training went.
rule compare:
    input:
        **scored_on("", config.get("train", [])),
    output:
        page=report(
            RESULTS / "tables/comparison.html",
            caption="../report/comparison.rst",
            category="Results",
            labels={"split": "val", "what": "figures and tables"},
        ),
        picture=report(
            RESULTS / "tables/comparison.svg",
            caption="../report/comparison.rst",
            category="Results",
            labels={"split": "val", "what": "picture"},
        ),
        csv=report(
            RESULTS / "tables/comparison.csv",
            caption="../report/comparison_csv.rst",
            category="Results",
            labels={"split": "val", "what": "table to save (CSV)"},
        ),
        markdown=RESULTS / "tables/comparison.md",
    log:
        RESULTS / "logs/compare.log",
    benchmark:
        RESULTS / "benchmarks/compare.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        version=model_dag.VERSIONS["compare"],
    shell:
        "kmtalk compare {input.json:q} -o {output.page:q} -o {output.picture:q} -o {output.csv:q} "
        "-o {output.markdown:q} > {log:q} 2>&1"


use rule compare as compare_test with:
    input:
        unpack(
            lambda wildcards: scored_on(
                f".{wildcards.split}", config["test"][wildcards.split]
            )
        ),
    output:
        page=report(
            RESULTS / "tables/comparison.{split}.html",
            caption="../report/comparison.rst",
            category="Results",
            labels={"split": "{split}", "what": "figures and tables"},
        ),
        picture=report(
            RESULTS / "tables/comparison.{split}.svg",
            caption="../report/comparison.rst",
            category="Results",
            labels={"split": "{split}", "what": "picture"},
        ),
        csv=report(
            RESULTS / "tables/comparison.{split}.csv",
            caption="../report/comparison_csv.rst",
            category="Results",
            labels={"split": "{split}", "what": "table to save (CSV)"},
        ),
        markdown=RESULTS / "tables/comparison.{split}.md",
    log:
        RESULTS / "logs/compare.{split}.log",
    benchmark:
        RESULTS / "benchmarks/compare.{split}.tsv"
    wildcard_constraints:
        split=one_of(config.get("test", {})),


# The history of a training lies beside stage.json and is no declared output of it, see train.smk.
rule curves:
    input:
        run=RESULTS / "runs/{experiment}/run.json",
        stages=lambda wildcards: records_of(EXPERIMENTS.stages(wildcards.experiment)),
    output:
        report(
            RESULTS / "curves/{experiment}.svg",
            caption="../report/curves.rst",
            category="Training",
            labels={"experiment": "{experiment}"},
        ),
    log:
        RESULTS / "logs/curves/{experiment}.log",
    benchmark:
        RESULTS / "benchmarks/curves/{experiment}.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        version=model_dag.VERSIONS["curves"],
    shell:
        "kmtalk curves {input.run:q} -o {output:q} > {log:q} 2>&1"
