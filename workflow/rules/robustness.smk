# The study of KMTalk Table 4: an experiment trained on the key frames of several runs, each scored on the same split.
# `snakemake robustness` makes it, where the config says what is studied.
rule robustness:
    input:
        **scored_on(
            "" if STUDY.split == "val" else f".{STUDY.split}", STUDY.experiments
        ),
        quality=[
            RESULTS / "quality/clips.parquet",
            RESULTS / "quality/disagreement.parquet",
        ],
    output:
        page=report(
            RESULTS / "tables/robustness.html",
            caption="../report/robustness.rst",
            category="Results",
            labels={"split": STUDY.split, "what": "robustness: figures and tables"},
        ),
        picture=report(
            RESULTS / "tables/robustness.svg",
            caption="../report/robustness.rst",
            category="Results",
            labels={"split": STUDY.split, "what": "robustness: picture"},
        ),
        csv=report(
            RESULTS / "tables/robustness.csv",
            caption="../report/robustness_csv.rst",
            category="Results",
            labels={"split": STUDY.split, "what": "robustness: table to save (CSV)"},
        ),
        markdown=RESULTS / "tables/robustness.md",
    log:
        RESULTS / "logs/robustness.log",
    benchmark:
        RESULTS / "benchmarks/robustness.tsv"
    conda:
        "../envs/kmtalk.yaml"
    threads: 1
    params:
        results=RESULTS,
        experiment=STUDY.experiment,
        split=STUDY.split,
        runs=[f"--run={run.name}" for run in STUDY.runs],
        version=model_dag.VERSIONS["robustness"],
    shell:
        "kmtalk robustness {params.results:q} --experiment {params.experiment:q} --split {params.split:q} "
        "{params.runs:q} -o {output.page:q} -o {output.picture:q} -o {output.csv:q} -o {output.markdown:q} "
        "> {log:q} 2>&1"
