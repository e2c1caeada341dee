#!/usr/bin/env bash
# Checks this export bundle without the system that made it.
#
#   ./verify.sh [KEY | CHECKPOINT ...]
#
# KEY: a log's public key as printed on paper (name+hash+key). CHECKPOINT: a file with a checkpoint that you kept.
# It needs bash 4, openssl 3, sha256sum and xxd, and leaves nothing behind. It checks, of each log:
#   1. the keys: the hash of each is that of name and key; with KEY given, one of them is among those; where there
#      are several, they are those that the entries name, and the checkpoint at each change is signed by both, or
#      where the former one was lost by the next alone, which is said at the end;
#   2. each checkpoint: written in the one form, signed by a key under the log's name, and by one whose place another
#      took only up to where it did;
#   3. the entries: line i of events.jsonl is leaf i; their RFC 6962 root is the one in the checkpoint, and the
#      first so many of them give the root of every earlier checkpoint;
#   4. each proof of consistency and of inclusion (RFC 9162, sections 2.1.4.2 and 2.1.3.2);
#   5. each CHECKPOINT given: signed by the key, and the entries give its root as well;
# and where both logs are here, that every open entry commits to the vault as openings.jsonl says.
# A key that lies in the bundle proves nothing alone: compare it with the one on paper.
#
# Exit status: 0 everything holds, 1 something does not, 2 a tool is missing.
#
# How it is quick: messages are hashed many at a time, as files, by one sha256sum; a hash that was computed once
# is looked up afterwards.

set -u
export LC_ALL=C
PAPER=() KEPT=() FOUND=0
for given; do
  if [[ $given == *+????????+* && ! -e $given ]]; then
    PAPER+=("$given")
  elif [[ $given == /* ]]; then
    KEPT+=("$given")
  else
    KEPT+=("$PWD/$given")
  fi
done
cd "${BASH_SOURCE[0]%/*}" 2>/dev/null || true

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}

((BASH_VERSINFO[0] >= 4)) || { echo 'bash 4 or newer is needed.' >&2; exit 2; }
for tool in openssl sha256sum xxd; do
  command -v "$tool" >/dev/null || { echo "$tool is needed, and is not here." >&2; exit 2; }
done

work=${TMPDIR:-/tmp}/verify-$$-$RANDOM$RANDOM
(umask 077 && mkdir "$work") || exit 2
trap 'rm -rf "$work"' EXIT

EMPTY_ROOT=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
DASH=$'\xe2\x80\x94 '
DIGITS='^(0|[1-9][0-9]{0,17})$'
declare -A CODE PAIR TREE
declare -a LINES IN OUT COMMITMENTS

# Two characters of base64 are three hexadecimal digits.
alphabet=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/
for ((i = 0; i < 64; i++)); do
  for ((j = 0; j < 64; j++)); do
    printf -v "CODE[${alphabet:i:1}${alphabet:j:1}]" '%03x' $((i * 64 + j))
  done
done

# unbase64 TEXT BYTES WHAT: HEX is what TEXT says, in its one spelling and of that length.
unbase64() {
  local text=$1 i
  HEX=
  [[ $text =~ ^[A-Za-z0-9+/]+(=?)$ && $((${#text} % 4)) == 0 ]] || fail "$3 is not base64."
  for ((i = 0; i + 2 < ${#text} || i + 2 == ${#text} && ${#BASH_REMATCH[1]} == 0; i += 2)); do
    HEX+=${CODE[${text:i:2}]}
  done
  if [[ ${text: -1} == '=' ]]; then
    local last=${CODE[A${text: -2:1}]}
    (((16#$last & 3) == 0)) || fail "$3 is not base64 in its one spelling."
    printf -v last '%x' $((16#$last >> 2))
    HEX+=$last
  fi
  ((${#HEX} == 2 * $2)) || fail "$3 is not $2 bytes long."
}

# read_lines FILE: LINES are its lines; refused unless they are the whole file, byte for byte.
read_lines() {
  local whole
  [[ -f $1 ]] || fail "$1 is missing."
  IFS= read -r -d '' whole <"$1" && fail "$1 holds a NUL, which no text does."
  [[ -z $whole || ${whole: -1} == $'\n' ]] || fail "$1 ends within a line."
  mapfile -t LINES <"$1"
}

# put HEX FILE: write these bytes.
put() {
  local escaped= i
  for ((i = 0; i < ${#1}; i += 2)); do escaped+="\\x${1:i:2}"; done
  printf "$escaped" >"$2" || exit 2
}

# hash_files COUNT: append to OUT the SHA-256 of the files 0 to COUNT-1 in the work folder.
hash_files() {
  local i hash rest names=()
  for ((i = 0; i < $1; i++)); do names+=("$work/$i"); done
  while read -r hash rest; do OUT+=("${hash#\\}"); done < <(sha256sum "${names[@]}")
}

# hash_leaves: OUT is SHA-256(0x00 || line) of each of LINES.
hash_leaves() {
  local i n=0
  OUT=()
  for ((i = 0; i < ${#LINES[@]}; i++)); do
    printf '\0%s' "${LINES[i]}" >"$work/$n" || exit 2
    ((++n == 4096)) && hash_files $n && n=0
  done
  ((n)) && hash_files $n
  ((${#OUT[@]} == ${#LINES[@]})) || fail 'sha256sum did not hash every entry.'
}

# hash_records BYTES: OUT is the SHA-256 of each of IN, all of them that long and in hexadecimal.
hash_records() {
  local line n=0
  OUT=()
  ((${#IN[@]})) || return 0
  while read -r line; do
    line=${line%,} line=${line#0x}
    printf "\\x${line//, 0x/\\x}" >"$work/$n" || exit 2
    ((++n == 4096)) && hash_files $n && n=0
  done < <(printf '%s\n' "${IN[@]}" | xxd -r -p | xxd -i -c "$1")
  ((n)) && hash_files $n
  ((${#OUT[@]} == ${#IN[@]})) || fail 'sha256sum did not hash every record.'
}

# node LEFT RIGHT: NODE is SHA-256(0x01 || left || right).
node() {
  if [[ -z ${PAIR[$1$2]-} ]]; then
    IN=("01$1$2")
    hash_records 65
    PAIR[$1$2]=${OUT[0]}
  fi
  NODE=${PAIR[$1$2]}
}

# grow: TREE[level,number] are the complete subtrees over the leaf hashes in OUT.
grow() {
  local i level=0 row=("${OUT[@]}")
  TREE=()
  for ((i = 0; i < ${#row[@]}; i++)); do TREE[0,$i]=${row[i]}; done
  while ((${#row[@]} > 1)); do
    IN=()
    for ((i = 0; i + 1 < ${#row[@]}; i += 2)); do IN+=("01${row[i]}${row[i + 1]}"); done
    hash_records 65
    ((++level))
    row=("${OUT[@]}")
    for ((i = 0; i < ${#row[@]}; i++)); do
      TREE[$level,$i]=${row[i]}
      PAIR[${IN[i]:2}]=${row[i]}
    done
  done
}

# last_peak SIZE: NODE is the root of the last complete subtree of a tree of that size, REST the size before it.
last_peak() {
  local level=0
  while ((!(($1 >> level) & 1))); do ((++level)); done
  REST=$(($1 & ($1 - 1)))
  NODE=${TREE[$level,$((REST >> level))]}
}

# roots_at SIZE...: ROOT[size] is the root over so many leaves. All sizes go one step at a time, together.
roots_at() {
  local size waiting left
  local -a asked
  declare -gA ROOT=()
  local -A rest=()
  for size; do
    if ((size == 0)); then ROOT[0]=$EMPTY_ROOT; else last_peak "$size"; ROOT[$size]=$NODE rest[$size]=$REST; fi
  done
  waiting=("${!rest[@]}")
  while ((${#waiting[@]})); do
    IN=() asked=()
    for size in "${waiting[@]}"; do
      ((rest[$size])) || continue
      last_peak "${rest[$size]}"
      rest[$size]=$REST
      IN+=("01$NODE${ROOT[$size]}")
      asked+=("$size")
    done
    hash_records 65
    for ((i = 0; i < ${#asked[@]}; i++)); do
      ROOT[${asked[i]}]=${OUT[i]}
      PAIR[${IN[i]:2}]=${OUT[i]}
    done
    waiting=("${asked[@]}")
  done
}

# read_keys FILE: NAME of the log, VKEYS and KEY_IDS of its keys; their DER forms lie in the work folder.
read_keys() {
  local paper found= named n
  read_lines "$1"
  VKEYS=("${LINES[@]}") KEY_IDS=() NAME=
  ((${#VKEYS[@]})) || fail "$1 is empty."
  for ((n = 0; n < ${#VKEYS[@]}; n++)); do
    [[ ${VKEYS[n]} =~ ^([^+[:space:]]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$ ]] ||
      fail "$1 is not a key, written as name+hash+key."
    [[ ${NAME:-${BASH_REMATCH[1]}} == "${BASH_REMATCH[1]}" ]] || fail "$1 holds keys of several logs."
    NAME=${BASH_REMATCH[1]} KEY_IDS[n]=${BASH_REMATCH[2]}
    unbase64 "${BASH_REMATCH[3]}" 33 "$1"
    [[ ${HEX:0:2} == 01 ]] || fail "$1 is not an Ed25519 key."
    named=$({ printf '%s\n' "$NAME"; printf '%s' "$HEX" | xxd -r -p; } | sha256sum)
    [[ ${named:0:8} == "${KEY_IDS[n]}" ]] || fail "the hash in $1 is not that of its name and key."
    put "302a300506032b6570032100${HEX:2}" "$work/key.$n.der"
    for paper in ${PAPER[@]+"${PAPER[@]}"}; do [[ $paper == "${VKEYS[n]}" ]] && found=yes; done
  done
  ((${#PAPER[@]} == 0)) || [[ $found ]] || fail "the key in $1 is not the one that was given: ${VKEYS[*]}"
}

# read_changes: ENDS are the sizes at which a key of this log gave way to the next; LOST, by their number, the entries
# at which the former one was lost. LINES are its entries; what the open log says of the keys of both stays in CHANGES.
read_changes() {
  local i change former keys log=${NAME##*/} n=0 key='"[^"]*"'
  ENDS=() LOST=()
  [[ $log == vault ]] || CHANGES=()
  for ((i = 0; i < ${#LINES[@]}; i++)); do
    if [[ ${LINES[i]} == '{"action":"study-replace-signing-keys",'* ]]; then
      LOST[${#ENDS[@]}]=$i
    elif [[ ${LINES[i]} != '{"action":"study-rotate-signing-keys",'* ]]; then
      continue
    fi
    ENDS+=($((i + 1)))
    [[ $log == vault ]] || CHANGES+=("${LINES[i]}")
  done
  ((${#VKEYS[@]} == ${#ENDS[@]} + 1)) || fail "log.vkey of $NAME does not hold the keys that the entries name."
  ((${#ENDS[@]} <= ${#CHANGES[@]})) || fail "the keys of $NAME changed at other entries than the open log says."
  for ((n = 0; n < ${#ENDS[@]}; n++)); do
    change=${CHANGES[n]} keys=
    [[ $change =~ \"former_${log}_keys\":\[([^]]*)\] ]] || fail "change $n of the keys names no former ones."
    former=${BASH_REMATCH[1]}
    [[ $change =~ \"${log}_key\":($key) ]] || fail "change $n of the keys names no new one."
    for ((i = 0; i <= n + 1; i++)); do keys+="${keys:+,}\"${VKEYS[i]}\""; done
    [[ "$former,${BASH_REMATCH[1]}" == "$keys" ]] ||
      fail "log.vkey of $NAME does not hold the keys that the entries name."
  done
}

# check_signers WHAT: SIGNERS, which signed SIZE entries, are keys whose signature counts there.
check_signers() {
  local n
  for n in $SIGNERS; do
    ((n == ${#ENDS[@]} || SIZE <= ENDS[n])) && return 0
  done
  fail "$1 is signed with a key whose place another had taken before."
}

# check_note WHAT LINE...: SIZE and SIGNED_ROOT of a checkpoint that keys of the log signed; SIGNERS are their numbers.
check_note() {
  local what=$1 line name n
  SIGNERS=
  shift
  [[ ${1-} == "$NAME" && ${2-} =~ $DIGITS && ${4-x} == '' && $# -ge 5 ]] ||
    fail "$what is not a signed checkpoint of $NAME."
  SIZE=$2
  unbase64 "$3" 32 "the root in $what"
  SIGNED_ROOT=$HEX
  printf '%s\n' "$1" "$2" "$3" >"$work/body"
  for line in "${@:5}"; do
    [[ $line == "$DASH"*' '* ]] || fail "$what holds a line that is no signature."
    line=${line#"$DASH"}
    name=${line%% *}
    [[ $name == "$NAME" ]] || continue
    unbase64 "${line#* }" 68 "the signature in $what"
    for ((n = 0; n < ${#KEY_IDS[@]}; n++)); do
      [[ ${HEX:0:8} == "${KEY_IDS[n]}" ]] || continue
      put "${HEX:8}" "$work/signature"
      openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/key.$n.der" -rawin -in "$work/body" \
        -sigfile "$work/signature" >/dev/null 2>&1 || fail "the signature on $what is not good."
      SIGNERS+=" $n"
    done
  done
  [[ $SIGNERS ]] || fail "$what is not signed by $NAME."
}

# skip_missing: the last node of a level without a sibling is carried up until it becomes a right child.
skip_missing() { while ((index && !(index & 1))); do ((index >>= 1, last >>= 1)); done; return 0; }

# check_consistency FILE OLD NEW: the proof in FILE leads from ROOT[OLD] to ROOT[NEW].
check_consistency() {
  local old=$2 new=$3 index last line before after proof=()
  for line in "${LINES[@]}"; do unbase64 "$line" 32 "a hash in $1"; proof+=("$HEX"); done
  (((old & (old - 1)) == 0)) && proof=("${ROOT[$old]}" "${proof[@]}")
  ((index = old - 1, last = new - 1))
  while ((index & 1)); do ((index >>= 1, last >>= 1)); done
  ((${#proof[@]})) || fail "$1 holds no hashes."
  before=${proof[0]} after=${proof[0]}
  for line in "${proof[@]:1}"; do
    ((last)) || fail "$1 holds too many hashes."
    if ((index & 1 || index == last)); then
      node "$line" "$before"; before=$NODE
      node "$line" "$after"; after=$NODE
      skip_missing
    else
      node "$after" "$line"; after=$NODE
    fi
    ((index >>= 1, last >>= 1))
  done
  [[ $last == 0 && $before == "${ROOT[$old]}" && $after == "${ROOT[$new]}" ]] ||
    fail "$1 does not show that the log of $new entries extends that of $old."
}

# check_inclusion FILE: the entry that FILE names is in the log its checkpoint signs.
check_inclusion() {
  local entry index last line hash n=2
  read_lines "$1"
  [[ ${LINES[0]-} == c2sp.org/tlog-proof@v1 && ${LINES[1]-} == 'index '* ]] || fail "$1 is not a proof."
  entry=${LINES[1]#index }
  [[ $entry =~ $DIGITS && $1 == "proofs/$entry.tlog-proof" && -n ${TREE[0,$entry]-} ]] ||
    fail "$1 names another entry."
  while [[ -n ${LINES[n]-} ]]; do ((++n)); done
  local proof=("${LINES[@]:2:n-2}")
  check_note "$1" "${LINES[@]:n+1}"
  check_signers "$1"
  roots_at_known "$1"
  ((index = entry, last = SIZE - 1)) || true
  ((index <= last)) || fail "$1 is of a smaller log."
  hash=${TREE[0,$entry]}
  for line in ${proof[@]+"${proof[@]}"}; do
    unbase64 "$line" 32 "a hash in $1"
    ((last)) || fail "$1 holds too many hashes."
    if ((index & 1 || index == last)); then node "$HEX" "$hash"; skip_missing; else node "$hash" "$HEX"; fi
    hash=$NODE
    ((index >>= 1, last >>= 1)) || true
  done
  [[ $last == 0 && $hash == "$SIGNED_ROOT" ]] || fail "$1 does not show that entry $entry is in the log."
}

roots_at_known() {
  [[ -n ${ROOT[$SIZE]-} && ${ROOT[$SIZE]} == "$SIGNED_ROOT" ]] || fail "$1 rests on a checkpoint that is not here."
}

# check_log FOLDER: everything about one log.
check_log() {
  local file name old size n all=
  local -A signed=() by=()
  local -a sizes=() notes=()
  cd "$1" || fail "$1 is missing."
  read_keys log.vkey
  read_lines events.jsonl
  read_changes
  for file in checkpoint checkpoints/*; do
    [[ -e $file ]] || continue
    read_lines "$file"
    check_note "$file" "${LINES[@]}"
    check_signers "$file"
    by[$SIZE]="${by[$SIZE]-}$SIGNERS "
    [[ $file == checkpoint || $file == "checkpoints/$SIZE" ]] || fail "$file signs $SIZE entries."
    [[ $file == checkpoint ]] && all=$SIZE
    signed[$SIZE]=$SIGNED_ROOT
    notes[SIZE]=$SIZE
  done
  [[ $all ]] || fail "the checkpoint of $NAME is missing."
  for ((n = 0; n < ${#ENDS[@]}; n++)); do
    [[ (-n ${LOST[n]-} || ${by[${ENDS[n]}]-} == *" $n "*) && ${by[${ENDS[n]}]-} == *" $((n + 1)) "* ]] ||
      fail "no checkpoint of ${ENDS[n]} entries is signed by the key that went and the one that came."
  done
  sizes=("${!notes[@]}") # an indexed array lists its indexes in order
  read_lines events.jsonl
  ((${#LINES[@]} == all)) || fail "events.jsonl has ${#LINES[@]} lines, and the checkpoint signs $all."
  ((sizes[-1] == all)) || fail "a checkpoint signs more entries than the last one."
  COMMITMENTS=("${LINES[@]##*\"vault\":\"}")
  hash_leaves
  grow
  roots_at "${sizes[@]}"
  for size in "${sizes[@]}"; do
    [[ ${ROOT[$size]} == "${signed[$size]}" ]] || fail "the first $size entries do not give the root that was signed."
  done
  for file in ${KEPT[@]+"${KEPT[@]}"}; do
    read_lines "$file"
    [[ ${LINES[0]-} == "$NAME" ]] || continue
    check_note "$file" "${LINES[@]}"
    check_signers "$file"
    ((SIZE <= all)) || fail "$file signs $SIZE entries: the last of them are not in this bundle."
    roots_at "$SIZE" "${sizes[@]}"
    [[ ${ROOT[$SIZE]} == "$SIGNED_ROOT" ]] || fail "$file signs another history of the first $SIZE entries."
    ((++FOUND))
  done
  for file in consistency/*; do
    [[ -e $file ]] || continue
    name=${file#consistency/}
    [[ -n ${signed[${name%.*}]-} && -n ${signed[${name#*.}]-} && ${name%.*} -lt ${name#*.} && ${name%.*} -gt 0 ]] ||
      fail "$file does not lie between two checkpoints of this bundle."
    read_lines "$file"
    check_consistency "$file" "${name%.*}" "${name#*.}"
  done
  old=0
  for size in "${sizes[@]}"; do
    ((old == 0)) || [[ -e consistency/$old.$size ]] || fail "consistency/$old.$size is missing."
    old=$size
  done
  for file in proofs/*; do
    [[ -e $file ]] && check_inclusion "$file"
  done
  printf '%s: %s entries hold, under %s checkpoints.\n  key  %s\n  root %s\n' \
    "$NAME" "$all" "${#sizes[@]}" "${VKEYS[${#ENDS[@]}]}" "${ROOT[$all]}"
  ((${#LOST[@]} == 0)) || read_lines events.jsonl
  for n in ${LOST[@]+"${LOST[@]}"}; do tell_lost "$n" "${LINES[n]}"; done
  cd "$OLDPWD" || exit 2
}

# tell_lost INDEX ENTRY: what rests on this entry alone.
tell_lost() {
  local name told=()
  for name in recorded_at by with; do
    [[ $2 =~ \"$name\":\"([^\"]*)\" ]] || fail "entry $1 of $NAME does not say its $name."
    told+=("${BASH_REMATCH[1]}")
  done
  printf '  Entry %s (%s, %s with %s) names another key because one was lost.\n' "$1" "${told[@]}"
  printf '  No former key vouches for the new one: compare it with what these two people have on paper.\n'
}

# check_openings: every open entry commits to the vault's head that openings.jsonl opens it to.
check_openings() {
  local i size salt earlier=0
  local -a sizes=() roots=() seen=()
  read_lines openings.jsonl
  ((${#LINES[@]} == ${#OPEN[@]})) || fail 'openings.jsonl does not have a line for each open entry.'
  IN=()
  for ((i = 0; i < ${#LINES[@]}; i++)); do
    [[ ${LINES[i]} =~ ^\{\"index\":$i,\"root\":\"([0-9a-f]{64})\",\"salt\":\"([0-9a-f]{64})\",\"size\":([0-9]+)\}$ ]] ||
      fail "line $i of openings.jsonl is not an opening."
    roots+=("${BASH_REMATCH[1]}")
    salt=${BASH_REMATCH[2]} size=${BASH_REMATCH[3]}
    [[ $size =~ $DIGITS ]] && ((size <= VAULT_SIZE && size >= earlier)) || fail "opening $i names a size out of order."
    earlier=$size seen[size]=$size
    sizes+=("$size")
    printf -v size '%016x' "$size"
    IN+=("$salt$size${roots[i]}")
  done
  hash_records 72
  for ((i = 0; i < ${#OUT[@]}; i++)); do
    [[ ${OPEN[i]:0:64} == "${OUT[i]}" ]] || fail "open entry $i does not commit to what opening $i says."
  done
  roots_at "${seen[@]}"
  for ((i = 0; i < ${#sizes[@]}; i++)); do
    [[ ${ROOT[${sizes[i]}]} == "${roots[i]}" ]] || fail "opening $i names a root that the vault never had."
  done
  printf 'Both logs: every open entry commits to the vault as it was.\n'
}

if [[ -d vault ]]; then
  check_log open
  OPEN=("${COMMITMENTS[@]}")
  check_log vault
  VAULT_SIZE=${#COMMITMENTS[@]}
  check_openings
else
  check_log .
fi
((FOUND == ${#KEPT[@]})) || fail 'a checkpoint that was given is of a log that is not in this bundle.'
((${#PAPER[@]})) || echo 'Compare each key with the one on paper: a key from the bundle itself proves nothing.'
echo 'Everything in this bundle holds.'
