#!/usr/bin/env bash
# Builds hookonce from the action's own checkout, runs it, and leaves its reports in a folder. Annotations and the job's
# summary are hookonce's own doing.
set -euo pipefail

root=$(cd "$(dirname "$0")/../../.." && pwd)
reports=${RUNNER_TEMP:?}/hookonce-reports
mkdir -p "$reports"
binary=${HOOKONCE:-}
if [ -z "$binary" ]; then
  binary=$RUNNER_TEMP/hookonce
  go build -C "$root" -o "$binary" .
fi

args=(run)
read -r -d '' -a fixtures < <(printf '%s\0' "$INPUT_FIXTURES") || true
args+=("${fixtures[@]}" --target "$INPUT_TARGET" --seed "$INPUT_SEED" --wait "$INPUT_WAIT")
while IFS= read -r source; do
  if [ -n "$source" ]; then args+=(--effects "$source"); fi
done <<<"$INPUT_EFFECTS"
if [ -n "$INPUT_BASELINE" ]; then args+=(--baseline "$INPUT_BASELINE"); fi
args+=(--out "html=$reports/hookonce.html" --out "json=$reports/hookonce.json" --out "junit=$reports/hookonce.xml")
if [ -n "$INPUT_ARGS" ]; then
  # Quotes in the input mean what they mean in a shell; nothing is expanded or run.
  while IFS= read -r -d '' word; do args+=("$word"); done < <(xargs printf '%s\0' <<<"$INPUT_ARGS")
fi

code=0
"$binary" "${args[@]}" --journal "$reports/run-$(date -u +%Y%m%dT%H%M%SZ)-$$.jsonl" || code=$?
{
  echo "exit-code=$code"
  echo "reports=$reports"
} >>"$GITHUB_OUTPUT"
exit "$code"
