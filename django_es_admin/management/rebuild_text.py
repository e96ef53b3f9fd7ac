"""A rebuild as lines for people: its plan and its result."""

from ..counted import many
from ..lifecycle.rebuild import RebuildResult
from ..lifecycle.rebuild_plan import RebuildPlan


def describe_plan(plan: RebuildPlan) -> list[str]:
    """Return the plan as lines for people."""
    definition = plan.definition
    title = f"Rebuild {definition.name} on {definition.connection.alias}"
    if plan.refusals:
        return [f"{title}: cannot be done"]
    steps = _copy_steps(plan) if plan.copies else _load_steps(plan)
    return [
        title,
        *(f"  {number}  {step}" for number, step in enumerate(steps, 1)),
        *(f"  note: {warning}" for warning in plan.warnings),
    ]


def _copy_steps(plan: RebuildPlan) -> list[str]:
    count = many(plan.rows, "document")
    block, unblock = f"block writes to {plan.source}", f"allow writes to {plan.source} again"
    return [
        *([block] if plan.block else []),
        f"resume the copy to {plan.resumes}, whose rebuild was killed"
        if plan.resumes
        else "create a new generation, with the mapping that is live and the settings as declared",
        f"copy {count} of {plan.source} in Elasticsearch (_reindex)",
        f"wait up to {plan.wait:.0f} s for its shards, compare the numbers of documents",
        *(_swap_steps(plan) if plan.swap else ["keep it beside the live one until es_swap_alias"]),
        *([unblock] if plan.block and not plan.concrete else []),
    ]


def _load_steps(plan: RebuildPlan) -> list[str]:
    rows = f"{many(plan.rows, 'row')} of {plan.definition.model_label}"
    return [
        f"resume {plan.resumes}, whose rebuild was killed"
        if plan.resumes
        else "create a new generation, with the mapping as declared",
        f"load {rows}"
        + (f", by {many(plan.workers, 'process', 'processes')}" if plan.workers > 1 else ""),
        "drain what changed meanwhile, and send deletes a second time",
        f"wait up to {plan.wait:.0f} s for its shards, compare its ids with the database",
        *_judge_steps(plan),
        *(_swap_steps(plan) if plan.swap else ["keep it beside the live one until es_swap_alias"]),
    ]


def _judge_steps(plan: RebuildPlan) -> list[str]:
    if plan.judge is None:
        return []
    bound = f", with an nDCG@10 of at least {plan.judge:g}" if plan.judge else ""
    return [
        f"send it the judged searches: continue only if its results are not worse on average{bound}"
    ]


def _swap_steps(plan: RebuildPlan) -> list[str]:
    alias, now = plan.definition.alias, plan.source or "nothing"
    if plan.concrete:
        return [
            f"delete the physical index {alias} and put an alias in its place, in one request",
            "this cannot be undone: the physical index is deleted",
        ]
    return [
        f"swap the alias {alias} in one request: {now} -> the new generation",
        f"keep {plan.source} for a rollback" if plan.source else "nothing was live before",
    ]


def describe_result(result: RebuildResult, seconds: float) -> str:
    """Return the result of a rebuild as one line."""
    rate = result.load.rows / result.load.seconds if result.load.seconds else 0
    documents = result.gate.documents
    return (
        f"Rebuilt {result.index} in {seconds:.1f} s: {result.generation} "
        f"{'is live' if result.swap else 'is ready'} with "
        f"{many(documents, 'document')} ({rate:,.0f} rows/s)."
    )
