"""The export beside lm-eval's own files of the same task: same names, fields, hashes; read by lm-eval and datasets."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from exchange import CLEANED, export
from harness.run import Run
from lm_eval_runs import lm_eval_run
from support import lines
from tasks import stock

with stock.quiet():
    from lm_eval.utils import get_file_datetime, get_file_task_name, make_table


def exported(runs: list[Run], out: Path, sums: Path) -> tuple[list[Path], list[Path]]:
    """The results and samples files of an export."""
    assert export("lm-eval", runs, out, "--include-path", str(sums)) == 0
    return sorted(out.glob("*/results_*.json")), sorted(out.glob("*/samples_*.jsonl"))


def test_fields_and_hashes_are_those_of_lm_eval(sampled: Run, sums: Path, tmp_path: Path) -> None:
    written, beside = lm_eval_run(tmp_path / "own", sums, "sums", lambda prompt, n: "\\boxed{0}")
    own_results, own_samples = json.loads(written.read_text()), lines(beside)
    (results,), (samples,) = exported([sampled], tmp_path / "out", sums)
    ours = json.loads(results.read_text())
    environment = {"upper_git_hash", "tokenizer_pad_token", "tokenizer_eos_token", "tokenizer_bos_token"}
    environment |= {"eot_token_id", "max_length"}
    assert set(own_results) - environment - set(ours) == set()
    assert set(own_results["config"]) - set(ours["config"]) == set()
    by_id = {sample["doc_id"]: sample for sample in own_samples}
    shared = 0
    for sample in lines(samples):
        assert set(own_samples[0]) <= set(sample)
        if (own := by_id.get(sample["doc_id"])) is not None:
            shared += 1
            for name in ("doc", "doc_hash", "target", "target_hash", "filter", "metrics"):
                assert sample[name] == own[name], name
            assert own["arguments"]["gen_args_0"]["arg_0"] in sample["arguments"]["gen_args_0"]["arg_0"]
        assert len(sample["resps"][0]) == 4
    assert shared


def test_prompts_are_those_that_the_model_read(sampled: Run, sums: Path, tmp_path: Path) -> None:
    _, (samples,) = exported([sampled], tmp_path, sums)
    prompts = [sample["arguments"]["gen_args_0"]["arg_0"] for sample in lines(samples)]
    assert prompts[0] == sampled.manifest["first_prompt"]["text"]
    assert all(prompt.startswith("[user]\n") and prompt.endswith("\n[assistant]\n") for prompt in prompts)


def test_lm_eval_prints_its_table(sampled: Run, greedy: Run, sums: Path, tmp_path: Path) -> None:
    results, samples = exported([sampled, greedy], tmp_path, sums)
    assert len(results) == len(samples) == 2
    for path in samples:
        assert get_file_task_name(path.name) == "sums"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{6}", get_file_datetime(path.name))
    (found,) = [json.loads(path.read_text()) for path in results if len(lines(sample_of(path))) == 10]
    table = make_table(found)
    rows = {(r["metric"], r["k"]): r for r in sampled.results()["metrics"] if r["group"] == "all"}
    for name, row in (("exact_match", rows["accuracy", None]), ("pass@4", rows["pass@k", 4])):
        assert re.search(rf"\|{re.escape(name)} *\|↑ *\| *{row['value']:.4f}\|± *\| *{row['se']:.4f}\|", table), table


def sample_of(results: Path) -> Path:
    """The samples file beside a results file."""
    return results.with_name(results.name.replace("results_", "samples_sums_")).with_suffix(".jsonl")


def test_samples_average_to_the_results(hostile: Run, sums: Path, tmp_path: Path) -> None:
    (results,), (samples,) = exported([hostile], tmp_path, sums)
    values = [s["exact_match"] for s in lines(samples) if s["exact_match"] is not None]
    written = json.loads(results.read_text())
    assert written["results"]["sums"]["exact_match,none"] == pytest.approx(sum(values) / len(values))
    assert written["n-samples"]["sums"] == {"original": 10, "effective": 9}
    assert len(values) == 8


@pytest.mark.filterwarnings("ignore")  # datasets' own, of its dependencies
def test_datasets_reads_the_samples(
    hostile: Run, sums: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from datasets import load_dataset

    _, (samples,) = exported([hostile], tmp_path, sums)
    assert "lone surrogates" in capsys.readouterr().out
    read = load_dataset("json", data_files=str(samples), cache_dir=str(tmp_path / "cache"), split="train")
    assert read[0]["resps"][0][0] == CLEANED
    assert len(read) == 9


def test_the_same_run_has_the_same_bytes(sampled: Run, sums: Path, tmp_path: Path) -> None:
    first = exported([sampled], tmp_path / "a", sums)
    second = exported([sampled], tmp_path / "b", sums)
    for one, other in zip(first[0] + first[1], second[0] + second[1], strict=True):
        assert one.name == other.name
        assert one.read_bytes() == other.read_bytes()


def test_a_task_that_is_another_one_is_refused(
    sampled: Run, sums: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in sums.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_text(path.read_text().replace("What is {i}", "How much is {i}"))
    assert export("lm-eval", [sampled], tmp_path / "out", "--include-path", str(tmp_path)) == 2
    assert "digests differ" in capsys.readouterr().err
    assert export("lm-eval", [sampled], tmp_path / "out") == 2
    assert "'sums' is not known" in capsys.readouterr().err
