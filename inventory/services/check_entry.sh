# Checks that one entry stands in a log, without the system that made it.
#
#   bash THIS_FILE [KEY]
#
# KEY: the log's public key as printed on paper (name+hash+key). Needs bash 4, openssl 3, sha256sum, xxd, base64.
# 1. the entry's leaf hash is SHA-256 of a zero byte and its bytes (RFC 6962, 2.1);
# 2. that hash and the path give the root of the checkpoint (RFC 9162, 2.1.3.2);
# 3. the checkpoint is signed by the key (C2SP signed-note, Ed25519).
# Exit status: 0 all of it holds, 1 something does not, 2 a tool is missing.
set -u
export LC_ALL=C
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
for tool in openssl sha256sum xxd base64; do
  command -v "$tool" >/dev/null || { echo "$tool is needed, and is not here." >&2; exit 2; }
done
[[ -z ${1-} || $1 == "$KEY" ]] || fail "the key in this file is not the one that was given."
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT

hash_of() { xxd -r -p | sha256sum | cut -c1-64; }
node() { printf '01%s%s' "$1" "$2" | hash_of; }

leaf=$(printf '%s' "$ENTRY" | xxd -p | tr -d '\n')
hash=$(printf '00%s' "$leaf" | hash_of)
((at = INDEX, last = SIZE - 1)) || true
((at <= last)) || fail "the log of $SIZE entries has no entry $INDEX."
for step in "${PATH_UP[@]}"; do
  ((last)) || fail "the path is too long."
  if ((at & 1 || at == last)); then
    hash=$(node "$step" "$hash")
    while ((at && !(at & 1))); do ((at >>= 1, last >>= 1)) || true; done
  else
    hash=$(node "$hash" "$step")
  fi
  ((at >>= 1, last >>= 1)) || true
done
((last == 0)) || fail "the path is too short."

printf '%s' "$CHECKPOINT" >"$folder/note"
mapfile -t note <"$folder/note"
[[ ${note[0]} == "${KEY%%+*}" && ${note[1]} == "$SIZE" ]] || fail "the checkpoint is of another log, or another size."
[[ $(base64 -d <<<"${note[2]}" | xxd -p | tr -d '\n') == "$hash" ]] || fail "the entry is not in the log that was signed."
printf '%s\n' "${note[@]:0:3}" >"$folder/body"
signed=${note[4]##* }
base64 -d <<<"$signed" | tail -c +5 >"$folder/signature"
{ printf '302a300506032b6570032100' | xxd -r -p; base64 -d <<<"${KEY#*+*+}" | tail -c +2; } >"$folder/key"
openssl pkeyutl -verify -pubin -keyform DER -inkey "$folder/key" -rawin -in "$folder/body" \
  -sigfile "$folder/signature" >/dev/null 2>&1 || fail "the checkpoint is not signed by $KEY"
printf 'Entry %s is in the log %s of %s entries, as signed by\n  %s\n' "$INDEX" "${note[0]}" "$SIZE" "$KEY"
[[ ${1-} ]] || echo 'Compare the key with the one on paper: a key from this file itself proves nothing.'
