#!/usr/bin/env bash
# One round of STaR and one of Meta-STaR with a tiny model, measured before and after: examples/meta_star/run.sh FOLDER
# works in FOLDER and writes its report there and into README.md. After an interruption, say the same again.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${1:?the folder to work in}
mkdir -p "$work/models" && cd "$work"
export OMP_NUM_THREADS=1  # sums of floats depend on it; two branches side by side use two cores
started=$SECONDS
say() { printf '== %s (%d s)\n' "$*" $((SECONDS - started)); }

evaluate() {  # evaluate TASK MODEL OPTION...
  harness eval "$1" --include-path "$here" --model "hf/$2" -M batch_size=256 --temperature 0.4 --output-dir "runs/$2" \
    "${@:3}" >>log.txt 2>&1
}
measure() { evaluate make24_test "$1" --strategy greedy,sample -S n=8 --max-tokens 320; }
search() { evaluate "$1" models/checkpoint-0 --strategy best_first --verifier exact/24 -S width=16 --max-tokens 64 "${@:2}"; }
train() { [ -d "$1/checkpoint-$2" ] || python "$here/train.py" "$1" --steps "$2" "${@:3}" >>log.txt 2>&1; }

base() {  # a model that has read random solutions, nine in ten of them wrong, and sums
  OMP_NUM_THREADS=2 train models/base 3000  # alone on the machine
  [ -d models/checkpoint-0 ] || cp -r models/base/checkpoint-3000 models/checkpoint-0
  say "the first model is trained"
}

star() {  # trained on its own correct solutions of the training puzzles
  evaluate make24_train models/checkpoint-0 --strategy sample -S n=8 --max-tokens 320
  harness export runs/models/checkpoint-0/make24_train-sample-* --include-path "$here" \
    --format star --max-per-problem 4 --pick varied -o star.jsonl >>log.txt 2>&1
  train models/star 150 --save 50 --model models/checkpoint-0 --data star.jsonl --rate 1e-3
  for steps in 50 100 150; do measure models/star/checkpoint-$steps; done
  say "STaR is measured"
}

meta_star() {  # trained on its own searches for them, dead ends and returns included
  for seed in 0 1 2 3; do search make24_train --seed $seed; done
  harness export runs/models/checkpoint-0/make24_train-best_first-* --include-path "$here" \
    --format meta-star --max-per-problem 8 --traversal drawn --template "$here/search.jinja" \
    --tokenizer models/checkpoint-0 -o meta-star.jsonl >>log.txt 2>&1
  train models/meta-star 300 --save 100 --model models/checkpoint-0 --data meta-star.jsonl --rate 1e-3
  for steps in 100 200 300; do measure models/meta-star/checkpoint-$steps; done
  say "Meta-STaR is measured"
}

say "pre-training"
base
meta_star & second=$!
measure models/checkpoint-0
search make24_test  # explicit search with the first model, for comparison
star
wait $second
python "$here/table.py"
say "done"
