# The workflow lies in workflow/. An include alone has no default target, hence the rule.
include: "workflow/Snakefile"


rule default:
    default_target: True
    input:
        rules.all.input,
