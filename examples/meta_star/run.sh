#!/usr/bin/env bash
# One round of STaR and one of Meta-STaR with a tiny model, measured before and after. Arguments: the folder to work in.
#
#   examples/meta_star/run.sh /tmp/meta_star          or   make meta-star
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:-meta-star}" && cd "${1:-meta-star}"
started=$SECONDS
say() { printf '\n== %s (%d s)\n' "$*" $((SECONDS - started)); }
evaluate() {  # evaluate TASK MODEL OPTION...
  harness eval "$1" --include-path "$here" --model "hf/$2" -M batch_size=256 --output-dir "runs/$2" "${@:3}" >>log.txt
}
measure() { evaluate make24_test "$1" --strategy greedy,sample -S n=4 --max-tokens 320; }

say "a model that has seen random solutions, nine in ten of them wrong"
python "$here/train.py" models/base --steps 900
cp -r models/base/checkpoint-900 models/checkpoint-0
measure models/checkpoint-0

say "STaR: its own correct solutions of the training puzzles are what it is trained on"
evaluate make24_train models/checkpoint-0 --strategy sample -S n=8 --max-tokens 64
harness export runs/models/checkpoint-0/make24_train-sample-* --include-path "$here" \
  --format star --max-per-problem 2 --pick varied -o star.jsonl
python "$here/train.py" models/star --steps 150 --save 50 --model models/checkpoint-0 --data star.jsonl --rate 1e-3
for steps in 50 100 150; do measure models/star/checkpoint-$steps; done

say "Meta-STaR: its own searches, dead ends and all, are what it is trained on; the loss leaves the dead ends out"
evaluate make24_train models/checkpoint-0 --strategy best_first --verifier exact/24 -S width=8 --max-tokens 64
for ends in 0 4; do
  harness export runs/models/checkpoint-0/make24_train-best_first-* --include-path "$here" \
    --format meta-star --max-per-problem 2 --max-dead-ends $ends --template "$here/search.jinja" \
    --loss no-dead-ends --tokenizer models/checkpoint-0 -o meta-star-$ends.jsonl
done
python "$here/train.py" models/meta-star --steps 300 --save 100 --model models/checkpoint-0 \
  --data meta-star-0.jsonl meta-star-4.jsonl --rate 1e-3
for steps in 100 200 300; do measure models/meta-star/checkpoint-$steps; done

say "explicit search with the first model, for comparison"
evaluate make24_test models/checkpoint-0 --strategy best_first --verifier exact/24 -S width=8 --max-tokens 64

say "the report"
python "$here/table.py"
