"""``whisperwave train``: your own recordings into your own model file."""

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from whisperwave.cli.interrupts import ctrl_c_waits
from whisperwave.cli.speech import say
from whisperwave.cli.workers import cluster_option, named_cluster
from whisperwave.errors import ConfigError, TrainingError

EXTRA = ("torch", "lightning", "hydra")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--accept-changed-data", is_flag=True,
              help="Go on although the sounds are not those that the run began with.")  # fmt: skip
@click.option("--supervise", is_flag=True, help="Start again after a crash, while that helps.")
@click.option(
    "--multirun", "-m", is_flag=True, help="One run for every combination of KEY=ONE,ANOTHER."
)
@cluster_option
@click.option(
    "--cfg",
    type=click.Choice(["job", "hydra", "all"]),
    help="Print the composed settings, and train nothing.",
)
@click.option("--restarted-after", hidden=True, help="What the supervisor saw.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, as it goes.")
def train(
    folder: Path,
    overrides: tuple[str, ...],
    accept_changed_data: bool,
    supervise: bool,
    restarted_after: str | None,
    as_json: bool,
    **several: Any,
) -> None:
    """Train a model on a folder of recordings.

    Settings are changed as KEY=VALUE, for example model=wavenet trainer.minutes=30. The same
    command again goes on where the run was stopped.
    """
    require_training()
    _check_cluster(several)
    _check_sweep(several, {"--supervise": supervise, "--accept-changed-data": accept_changed_data})
    report = _say_line if as_json else _say_sentence
    if supervise and not several["cfg"]:
        from whisperwave.training import supervisor

        accepted = ("--accept-changed-data",) if accept_changed_data else ()
        supervisor.supervise([str(folder), *overrides, *accepted], report)
        return
    if several["multirun"] or several["cfg"]:
        with ctrl_c_waits():
            from whisperwave.training import sweeping

        if several["cfg"]:
            sweeping.show_config(overrides, several["cfg"])
        else:
            sweeping.sweep(folder, overrides, report, named_cluster(several["cluster"]))
        return
    with ctrl_c_waits():
        from whisperwave.training import run

    run(
        folder, overrides, report,
        accept_changed_data=accept_changed_data, restarted_after=restarted_after,
    )  # fmt: skip


def _check_cluster(several: dict[str, Any]) -> None:
    if several["cluster"] is not None and not several["multirun"]:
        raise ConfigError(
            "NO_SWEEP", f"--cluster {several['cluster']} is for several runs, and this is one.",
            "Say --multirun too.",
        )  # fmt: skip


def _check_sweep(several: dict[str, Any], of_one_run: dict[str, bool]) -> None:
    """Refuse what is for one run beside a sweep, which would be without it and say nothing."""
    named = [option for option, is_named in of_one_run.items() if is_named]
    if several["multirun"] and named:
        raise ConfigError(
            "ONE_RUN", f"{' and '.join(named)} is for one run, and --multirun makes several.",
            "Leave it out: a run that fails stops no other, and the same command goes on with "
            "those that have not ended. Or train each run by itself, with folder=… and name=….",
        )  # fmt: skip


def require_training() -> None:
    """Refuse politely where the training extra is not installed.

    Raises:
        TrainingError: it is not.
    """
    missing = [name for name in EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise TrainingError(
            "NO_TRAINING",
            f"training needs {', '.join(missing)}, not installed here.",
            'Run: pip install "whisperwave[train]"',
        )


def sentence(event: dict[str, Any]) -> str:
    """One line of figures as a person reads it; an unknown event is shown as it is."""
    kind = "read" if "symbols" in event else event["event"]
    form = _SENTENCES.get(kind, "{event}")
    told = {**event, "minutes_left": event.get("seconds_left", 0) / 60}
    if "files" in event and kind == "preview":
        told["files"] = ", ".join(map(str, event["files"]))
    return form.format(**told)


_SENTENCES = {
    "refused": "Left out: {file}: {message}",
    "prepared": "{files} files, {train_minutes} minutes to learn from, {validation_minutes} to "
    "check with; {refused} left out. The run is in {folder}",
    "read": "{symbols} symbols; {train_symbols:,} to learn from, {validation_symbols:,} to check "
    "with. Counting alone has {baseline_bits} bits a symbol. The run is in {folder}",
    "resumed": "Going on from step {step} (after: {after}).",
    "restart": "The run has died ({after}); starting it again, for the {number}. time.",
    "passed_over": "Passed over: {code}: {message}",
    "not_bit_exact": "From step {step} on not bit-exact: {reasons}",
    "data_changed": "From step {step} on with other sounds, as accepted.",
    "fallback": "Training on {accelerator}: {reason}.",
    "step": "Step {step}: {bits:.3f} bits a sample, {targets_per_second} targets a second, "
    "{progress:.0%} done, {minutes_left:.0f} minutes left.",
    "validation": "Step {step}: {validation_bits:.3f} bits a sample on sound not learnt from.",
    "early_stop": "Step {step}: nothing better since step {best_step}; ending here.",
    "checkpoint": "Step {step} is kept.",
    "checkpoint_failed": "Step {step} cannot be kept: {message} Again in {again_in_seconds:.0f} s.",
    "prune_failed": "Step {step}: older checkpoints cannot be removed: {message}",
    "snapshot_failed": "Step {step}: no snapshot of it: {message}",
    "rolled_back": "Step {step} is not finite ({found}); back to step {to}, rate × {rate_scale}.",
    "preview": "Step {step}: listen to {files}",
    "preview_failed": "Step {step} cannot be previewed: {message}",
    "tracker_lost": "The tracker is told no more: {reason}",
    "worker_lost": "A process that cuts crops was lost and is replaced: {reason}",
    "memory": "A step needs about {step_megabytes:,} MB of memory.",
    "overfit_step": "Step {step}: {bits:.3f} bits a sample of the clip.",
    "overfit": "One clip: {bits_before:.2f} bits a sample before, {bits_after:.2f} after {steps} "
    "steps; its histogram needs {histogram_bits:.2f}. Can learn: {learns}.",
    "run": "Run {number} ({settings}) is in {folder}",
    "failed": "It failed: {code}: {message}",
    "swept": "{runs} runs, {failed} failed.",
    "stopped": "Stopped after step {step}; the same command goes on from there.",
    "done": "The model file is {model}",
}


def _say_sentence(event: dict[str, Any]) -> None:
    _spoken(lambda: say(sentence(event)))


def _say_line(event: dict[str, Any]) -> None:
    _spoken(lambda: click.echo(json.dumps(event)))


def _spoken(speak: Any) -> None:
    """Speak; where nobody listens any more, see to it that no later word fails on that."""
    try:
        speak()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise
