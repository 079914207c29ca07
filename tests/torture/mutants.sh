#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Are the proofs able to fail?  Small faults are put into a copy of the library, one at a time, and the
# harnesses run on each in their short modes until one fails.  Where a certain point of a long mode, a unit
# test or a test of processes is what sees a fault, that is named.
#
#   mutants.sh [--all] [NAME…]    --all: every harness on every mutant; NAME: only mutants that contain it
#   mutants.sh --apply            only see that each substitution still changes its file
#
# A table, then "N passed, N failed": failed are the mutants that nothing caught, but for those marked
# "kept": nothing here can see them, and the text says who does.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d /tmp/headway-mutants.XXXXXX) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
all=0 apply_only=0 passed=0 failed=0 kept=0 only=() changed=()
declare -A sound=()
[ ! -d /usr/lib/ccache ] || PATH=/usr/lib/ccache:$PATH # a file put back as it was costs no compiling
for argument in "$@"; do
	case $argument in
	--all) all=1 ;;
	--apply) apply_only=1 ;;
	-*) echo "usage: mutants.sh [--all | --apply] [NAME…]" >&2 && exit 2 ;;
	*) only+=("$argument") ;;
	esac
done
[ $apply_only -eq 1 ] || { cp -a Makefile VERSION lib tests "$work" && cp -a lib "$work/lib.clean"; } || exit 1

is_chosen() { # NAME
	[ ${#only[@]} -eq 0 ] && return 0
	for part in "${only[@]}"; do [[ $1 == *"$part"* ]] && return 0; done
	return 1
}

path() { # FILE: in which folder of lib/ it is; the names of the library's files are unique
	(cd "$work/lib.clean" && find . -name "$1" -printf '%P\n')
}

program() { # HARNESS: its path
	case $1 in
	weak*) echo build/weak/tests/weak/weak ;;
	tsan-*) echo "build/tsan/tests/tsan/${1#tsan-}" ;;
	res-*) echo "build/release/tests/resource/${1#res-}" ;;
	unit-* | proc-*) echo "build/release/tests/${1%%-*}/test_${1#*-}" ;;
	*) echo "build/release/tests/torture/${1%%-*}" ;;
	esac
}

arguments() { # HARNESS: what it is run with, a line each
	case $1 in
	weak) printf '%s\n' --sample 150000 ;;
	weak-reuse) printf '%s\n' --sample 1000000 --only reuse ;;
	product-cancel) printf '%s\n' --long --sample 400 --only 'cancel, cancel' ;;
	product-finish) printf '%s\n' --long --sample 250 --only 'url, finish' ;;
	threads-each) printf '%s\n' --long --sample 1 --only each ;;
	threads-takes) printf '%s\n' --long --sample 1 --only 'takes one' ;;
	esac
}

catches() { # HARNESS: succeeds when it fails on what is built now
	local code log=$work/log.$1 with
	mapfile -t with < <(arguments "$1")
	if ! make -C "$work" "$(program "$1")" >"$work/log" 2>&1; then
		printf '%s: does not compile: %s\n' "$1" "$(grep -m 1 'error' "$work/log")"
		return 1
	fi
	(cd "$work" && timeout -k 5 300 "$(program "$1")" "${with[@]}" >"$log" 2>&1)
	code=$?
	# Out of time is not out of order, but for what it had found by then.
	if [ $code -eq 124 ]; then grep -aq '^FAIL ' "$log"; else [ $code -ne 0 ] && [ $code -ne 77 ]; fi
}

said() { # HARNESS: the first thing it complained of
	grep -a -m 1 -o -E '(FAIL|WARNING: ThreadSanitizer|time limit|test_[a-z_]*\.c:[0-9]*:).*' "$work/log.$1" |
		cut -c 1-100
}

restore() {
	local file
	for file in "${changed[@]}"; do cp "$work/lib.clean/$file" "$work/lib/$file"; done
	changed=()
}

# Who fails without a fault proves nothing with one: the first time that a harness fails, it runs on the
# library as it is.  The mutant is gone then.
is_sound() { # HARNESS
	if [ -z "${sound[$1]:-}" ]; then
		cp "$work/log.$1" "$work/log.mutant"
		restore
		sound[$1]=yes
		catches "$1" && sound[$1]=no
		mv "$work/log.mutant" "$work/log.$1"
	fi
	[ "${sound[$1]}" = yes ]
}

apply() { # FILE and substitution pairs; fails at one that changes nothing
	local file
	while [ $# -gt 0 ]; do
		file=$(path "$1")
		cp "$work/lib/$file" "$work/before"
		perl -0pi -e "$2" "$work/lib/$file"
		if cmp -s "$work/lib/$file" "$work/before"; then
			unapplied=$file
			return 1
		fi
		changed+=("$file")
		shift 2
	done
}

# --apply: one perl program does all substitutions, each in a copy of the text.
note_to_apply() { # NAME, then FILE and substitution pairs
	printf 'mutant(q\0%s\0' "$1"
	shift
	while [ $# -gt 0 ]; do
		printf ', q\0%s\0, sub { %s }' "$1" "$2"
		shift 2
	done
	printf ');\n'
} >>"$work/substitutions.pl"

apply_all() {
	cat >"$work/apply.pl" - "$work/substitutions.pl" <<'P'
my ($passed, $failed) = (0, 0);
my %texts = map { local $/; open my $f, '<', $_ or die "$_: $!"; m|([^/]*)$|; ($1, <$f>) } glob('lib/*.[ch] lib/*/*.[ch]');
sub mutant {
	my $name = shift;
	my %mutated;
	while (my ($file, $substitute) = splice @_, 0, 2) {
		local $_ = my $before = $mutated{$file} // $texts{$file};
		$substitute->();
		if ($_ eq $before) {
			printf "%-44s does not apply to %s any more\n", $name, $file;
			$failed++;
			return;
		}
		$mutated{$file} = $_;
	}
	$passed++;
}
END { print "\n$passed passed, $failed failed, 0 kept\n"; $? ||= $failed > 0 || !$passed; }
P
	perl "$work/apply.pl"
}

# NAME, HARNESSES in the order of trying ("kept: WHO" when none can), then FILE and perl substitution pairs,
# each of which must change something.
mutant() {
	local name=$1 harnesses=$2 caught="" keeper="" first="" unapplied=""
	is_chosen "$name" || return 0
	shift 2
	if [ $apply_only -eq 1 ]; then
		note_to_apply "$name" "$@"
		return
	fi
	[[ $harnesses == kept:* ]] && keeper=${harnesses#kept:} && harnesses=""
	restore
	if ! apply "$@"; then
		printf '%-44s does not apply to lib/%s any more\n' "$name" "$unapplied"
		failed=$((failed + 1))
		return
	fi
	if [ -n "$keeper" ]; then
		kept=$((kept + 1))
		printf '%-44s kept  %s\n' "$name" "$keeper"
		return
	fi
	for harness in $harnesses; do
		[ ${#changed[@]} -gt 0 ] || apply "$@"
		catches "$harness" || continue
		[ -n "$first" ] || first=$(said "$harness")
		if is_sound "$harness"; then
			caught+=" $harness"
		else
			first="$harness fails on the library as it is"
		fi
		[ $all -eq 1 ] || break
	done
	if [ -n "$caught" ]; then
		passed=$((passed + 1))
		printf '%-44s caught by%s: %s\n' "$name" "$caught" "$first"
	else
		failed=$((failed + 1))
		printf '%-44s NOT CAUGHT (tried %s) %s\n' "$name" "$harnesses" "$first"
	fi
}

# ---- updates ------------------------------------------------------------------------------------------
mutant 'no help for the old block' 'product chaos' \
	publish.h 's/\tif \(old\)\n\t\thw__publish_help[^\n]*\n//'
mutant 'no help for dropped extents' 'unit-update' \
	update.c 's/\told_extents_help\(u\);\n//'
mutant 'help comes after the swap' 'product' \
	publish.h 's/(\tif \(old\)\n\t\thw__publish_help[^\n]*\n)(\tif \(!hw__publish_swap\(a, p->slot, word, [^\n]*\n\t\treturn -EAGAIN;\n)/$2$1/' \
	update.c 's/(\told_extents_help\(u\);\n)(\terror = hw__publish\([^\n]*\n)/$2$1/'
mutant 'old block queued without being retired' 'product chaos threads step' \
	publish.h 's/if \(old && hw__publish_retire\([^\n]*\n/if (old)\n/'
mutant 'old block never given back' 'chaos step product' \
	publish.h 's/\tif \(old && hw__publish_retire\([^\n]*\n[^\n]*\n//'
mutant 'the old block stays OWNED, whoever has the record open' 'kept:two writers and a sweep must meet in a few instructions: MUT_ALONE_BLIND in tests/model/checks' \
	publish.h 's/\tif \(!hw__slot_has_no_other_pin\(a, &a->slots\[slot\]\)\)[^\n]*\n[^\n]*\n//'
mutant 'a superseded block that stayed OWNED is never given back' 'unit-block chaos' \
	block.c 's/\tif \(!hw__chunk_free\(pool, index, hw__state\(HW__KIND_OWNED, member, version\)\)\)\n\t\t/\t/'
mutant 'a memo of any version of the block' 'proc-known_messages' \
	known_path.h 's/(\treturn memo->word == word &&)/\tif ((memo->word ^ word) >> 36 == 0)\n\t\tmemo->word = word;\n$1/'
mutant 'a known message after the close' 'proc-sections' \
	known_path.h 's/queue->generation && hw__load_acquire\(r->prefix\.generation_now\) == queue->generation &&/1 \&\&/'
mutant 'a known message in a forked child' 'proc-known_messages' \
	known_path.h 's/queue->generation && hw__load_acquire\(r->prefix\.generation_now\) == queue->generation &&/1 \&\&/'
mutant 'what lies behind the known messages is none' 'unit-update' \
	memo.h 's/(hw__memo_keep.*?)\tm->is_whole = false;\n/$1/s'
mutant 'a memo that forgets is whole' 'proc-known_messages' \
	memo.h 's/(\tm->count = 0;\n)\tm->is_whole = false;\n/$1/'
mutant 'a message with a long key is none' 'proc-known_messages' \
	memo.c 's/\t\tm->is_whole = false;\n//'
mutant 'a known message is appended again' 'proc-known_messages' \
	memo.c 's/(hw__memo_lacks.*?)\t\tif \(hw__memo_key_is.*?return false;\n/$1\t\t;\n/s'
mutant 'appended, but somewhere else' 'proc-known_messages' \
	memo.c 's/(m->used \+ sizeof\(struct hw__entry\) \+ length) \+ 1/$1/'
mutant 'appended, and not counted' 'proc-known_messages' \
	memo.c 's/\tm->used \+= [^\n]*\n//'
mutant 'an append keeps the shape' 'proc-known_messages' \
	known_path.h 's/\tmemo->shape = \+\+queue->shapes;\n//'
mutant 'a new message is not in the length' 'proc-known_messages step' \
	known_path.h 's/hw__splice_bytes\(used, e->entry\), e->status/used, e->status/'
mutant 'a new message leaves no room for the end' 'proc-known_messages unit-update' \
	known_path.h 's/> HW__FAST_BYTES - HW__SLACK_MAX\)/> HW__INLINE_BYTES)/'
mutant 'a first revision in extents is known' 'proc-known_messages' \
	start.c 's/plan->overflow \? 0 : next;/next;/'
mutant 'a memo that forgets keeps the length' 'proc-known_messages unit-read_again' \
	memo.h 's/(hw__memo_forget.*?)\tm->used = [^\n]*\n/$1/s'
mutant 'a known end keeps the status in its block' 'unit-update proc-known_messages step' \
	known_path.h 's/e->entry\), e->status\);/e->entry), HW__RUNNING);/'
mutant 'a known end is not counted' 'unit-update' \
	known_path.h 's/\thw__end_count\(a, status\);\n//'
mutant 'a known end has no counters' 'proc-known_messages step' \
	known_path.h 's/\thw__slot_counters_read\([^\n]*\n/\tmemset(\&frozen, 0, sizeof frozen);\n/'
mutant 'a known end has no time' 'unit-update' \
	known_path.h 's/frozen\.ended_boot_ns = [^;]*;/frozen.ended_boot_ns = 0;/'
mutant 'a block of another shape gets the lines of its own' 'proc-known_messages' \
	known_path.h 's/\t\t\tfirst = 0;\n//'
mutant 'the first block is not raised' 'unit-block step threads proc-known_messages' \
	start.c 's/p->block = hw__chunk_own\(pool, p->a->member, ref\);/(void)pool;\n\tp->block = ref;/'
mutant 'a known message does not look at the owner' 'proc-dead_owners' \
	known_path.h 's/\(!r->foreign \|\| hw__handle_watch\(r, &call\) == 0\)\) \{\n\t\tnext/1) {\n\t\tnext/'
mutant 'a known key that only begins alike' 'proc-known_messages' \
	memo.h 's/#pragma GCC unroll 16\n.*?\n\t\}\n\treturn false;/return strncmp(m->key, key, m->key_length) == 0;/s'
mutant 'a known key that only ends alike' 'proc-known_messages' \
	memo.h 's/for \(size_t i = 0; i < HW__MEMO_KEY/for (size_t i = 1; i < HW__MEMO_KEY/'
mutant 'a known key of any length' 'proc-known_messages' \
	memo.h 's/m->key_length == length && memcmp\(m->key, key, m->key_length\)/memcmp(m->key, key, m->key_length < length ? m->key_length : length)/'
mutant 'a known key of as many bytes' 'proc-known_messages' \
	memo.h 's/ && memcmp\(m->key, key, m->key_length\) == 0;/;/'
mutant 'a text past its field' 'proc-known_messages' \
	known_path.h 's/text->message->field - length < HW__SLACK_MAX/text->message->field + HW__FIELD_STEP - length < HW__SLACK_MAX/' \
	known_path.h 's/\t\tmemset\(to \+ length, 0, field - length\);/\t\tmemset(to + length, 0, field > length ? field - length : 0);/'
mutant 'a shorter text and the end of a longer one' 'proc-known_messages' \
	known_path.h 's/\t\tmemcpy\(to \+ field - [^;]*;/\t\t;/'
mutant 'a much shorter text and the end of a longer one' 'proc-known_messages' \
	known_path.h 's/\t\tmemset\(to \+ length, 0, field - length\);/\t\t;/'
mutant 'a line that is not copied' 'proc-known_messages' \
	known_path.h 's/\thw__copy\(lines, from, bytes\);/\thw__copy(lines, from, bytes > HW__LINE ? bytes - HW__LINE : bytes);/'
mutant 'a line that is not copied, the first' 'proc-known_messages' \
	known_path.h 's/first = memo->message\[0\]\.at;/first = memo->message[memo->count - 1].at;/'
mutant 'a head that is not written' 'proc-known_messages' \
	known_path.h 's/\t\t\thw__block_head_shape\(to, old, slot, used, HW__RUNNING\);\n//'
mutant 'a block of another shape is believed' 'proc-known_messages' \
	known_path.h 's/shape != memo->shape/memo->shape == 0/'
mutant 'a shape outlives the places in it' 'proc-known_messages' \
	fast_path.c 's/\tmemo->shape = \+\+queue->shapes;/\tmemo->shape = memo->shape ? memo->shape : ++queue->shapes;/'
mutant 'a block in the place of a known one is believed' 'proc-known_messages' \
	block.h 's/\tqueue->shape\[place\] = 0;\n//'
mutant 'the time of a known message is an old one' 'unit-update' \
	block.h 's/(hw__load_relaxed\(&old->h\.rev\) \+ 1\);\n)\thw__store_relaxed\(&to->h\.changed_ns, changed_ns\);/$1\t(void)changed_ns;/'
mutant 'a known message that lost a race is published' 'product threads' \
	publish.h 's/return (hw__cas_full\(&a->slots\[slot\]\.word, word, next\));/return $1 || (hw__store_release(\&a->slots[slot].word, next), 1);/'
mutant 'a known message that lost a race keeps its block' 'product threads' \
	known_path.h 's/\t\thw__chunk_abandon\([^;]*;\n\t\tqueue->ref\[queue->head\] = ref;\n/\t\t(void)hw__queue_oldest(queue);\n/'
mutant 'the block that a known message superseded is lost' 'step product' \
	known_path.h 's/\t\thw__queue_exchange\(queue, old_ref, memo->shape\);/\t\t(void)hw__queue_oldest(queue);/'
mutant 'a known message queues its block without retiring it' 'kept:two writers and a sweep must meet in a few instructions: MUT_ALONE_BLIND in tests/model/checks' \
	known_path.h 's/if \(hw__publish_retire\(a, slot, old_ref\)\)/if (old_ref)/'
mutant 'a known message that lost a race forgets the new version' 'unit-update' \
	known_path.h 's/\t\tqueue->ref\[queue->head\] = ref;\n//'
mutant 'a superseded block has the shape that was named last' 'proc-known_messages' \
	known_path.h 's/old_ref, memo->shape\)/old_ref, queue->shapes)/'
mutant 'a thread without blocks has a full queue' 'proc-idle_threads' \
	known_path.h 's/!queue->count \|\| //'
mutant 'a field shorter than a step is cleared from before it' 'proc-known_messages' \
	known_path.h 's/ && field >= HW__FIELD_STEP - 1\)/)/'
mutant 'a watch does not end, known message' 'proc-dead_owners' \
	known_path.h 's/\t\tif \(r->foreign\)\n\t\t\thw__handle_watch_end\(r, call\);\n//'
mutant 'a watch does not end, fast path' 'proc-dead_owners' \
	fast_path.c 's/\t\tif \(r->foreign\)\n\t\t\thw__handle_watch_end\(r, call\);\n//'
mutant 'a watch does not end, general path' 'proc-dead_owners' \
	update.c 's/\thw__handle_watch_end\(r, call\);\n//'
mutant 'a new message that lost a race is published' 'unit-update' \
	known_path.h 's/\tnext = hw__known_update\(r, queue, memo, &edit\);\n\tif \(!next\)\n\t\treturn false;/\tnext = hw__known_update(r, queue, memo, \&edit);/'
mutant 'a known end that lost a race is published' 'unit-update' \
	known_path.h 's/\tif \(!hw__known_update\(r, queue, memo, &edit\)\)\n\t\treturn false;/\t(void)hw__known_update(r, queue, memo, \&edit);/'
mutant 'a block that became current stays in the queue' 'unit-update' \
	known_path.h 's/\t\t\(void\)hw__queue_oldest\(queue\);/\t\t;/'
mutant 'a block keeps the results of an earlier revision' 'unit-update' \
	block.h 's/(hw__block_head_shape.*?)\thw__store_relaxed\(&to->h\.results, hw__load_relaxed\(&old->h\.results\)\);\n/$1/s'
mutant 'a block keeps the extents of an earlier revision' 'proc-known_messages' \
	block.h 's/(hw__block_head_shape.*?)\thw__store_relaxed\(&to->h\.overflow, hw__load_relaxed\(&old->h\.overflow\)\);\n/$1/s'
mutant 'a message is appended to a block that is full' 'proc-known_messages' \
	known_path.h 's/\tif \(hw__splice_bytes\(memo->used, &entry\) > HW__FAST_BYTES - HW__SLACK_MAX\)\n[^\n]*\n//'
mutant 'an update of no messages after the end' 'proc-api_records' \
	message.c 's/error == HEADWAY_RUNNING \? 0 : -EALREADY/0/'
mutant 'more messages than memory has bytes' 'proc-api_records' \
	message.c 's/\tif \(count > SIZE_MAX \/ sizeof \*taken\)\n\t\treturn -EINVAL;\n//'
mutant 'a message keeps no sample' 'unit-update' \
	message.c 's/return hw__sampled\(r, error\);/return error;/g'
mutant 'a url keeps no sample' 'unit-update' \
	record.c 's/return hw__sampled\(r, hw__update\(r, &edit\)\);/return hw__update(r, \&edit);/'
mutant 'a message goes where no entry begins' 'unit-update' \
	fast_path.c 's/return at == used;/return true;/'
mutant 'an entry ends behind all entries' 'unit-update' \
	splice.h 's/return \*step <= used - at;/return true;/'
mutant 'a block that does not exist is read' 'unit-update' \
	fast_path.c 's/ \|\| hw__ref_index\(ref\) >= a->geometry\.blocks\)/)/'
mutant 'an end on the fast path is not counted' 'proc-api_records' \
	fast_path.c 's/\thw__end_count\(r->attachment, status\);\n//'
mutant 'an end on the fast path has no time' 'proc-api_reap' \
	fast_path.c 's/frozen->ended_boot_ns = hw__ended_boot_ns\(\s*r->attachment, \(uint32_t\)hw__load_unaligned\(entries \+ namespace_at\)\);/frozen->ended_boot_ns = 0 * (uint64_t)entries[namespace_at];/'
mutant 'what is frozen comes last' 'unit-reap' \
	fast_path.c 's/s->prefix = s->suffix = step;/s->prefix = s->suffix = used;/'
mutant 'a lost race on the fast path keeps its block' 'proc-known_messages product' \
	fast_path.c 's/\t\thw__publish_abandon\(&p\);\n//'
mutant 'slack takes the space of a text' 'proc-api_room' \
	edit.c 's/strnlen\(e->value, e->value_length\)\);/e->value_length);/'
mutant 'a message before the known ones moves none of them' 'proc-known_messages' \
	fast_path.c 's/ &&\n\t    w->first > \(size_t\)memo->message\[last\]\.at \+ memo->message\[last\]\.field\)/)/'
mutant 'a second message before the known ones moves none of them' 'proc-known_messages' \
	fast_path.c 's/\t\tw->first = s->prefix < w->first[^\n]*\n//'
mutant 'the second of two known texts is not written' 'proc-known_messages step' \
	known_path.h 's/i < e->count;/i < 1;/'
mutant 'a known message that is set twice keeps the first text' 'proc-known_messages' \
	known_path.h 's/t\[i\]\./t[e->count - 1 - i]./g'
mutant 'several messages of the fast path are one too few' 'proc-known_messages step' \
	fast_path.c 's/for \(size_t k = 1; k < changes; k\+\+\)/for (size_t k = 1; k + 1 < changes; k++)/'
mutant 'an end with a message has no counters' 'proc-api_errors proc-api_counters step chaos' \
	fast_path.c 's/size_t changes = c->count \+ \(c->status != HW__RUNNING\);/size_t changes = c->count;/'
mutant 'revision not raised, known message' 'proc-known_messages product' \
	block.h 's/hw__load_relaxed\(&old->h\.rev\) \+ 1\)/hw__load_relaxed(\&old->h.rev))/'
mutant 'the fast path does not look at the version again' 'kept:a swap that succeeds has seen no torn copy: the look saves a try, and MUT_NO_TORN_CHECK in tests/model/checks is of transforming' \
	fast_path.c 's/\tif \(!hw__version_is\(&old->h\.state, ref\)\)[^\n]*\n[^\n]*\n//'
mutant 'a key that only begins alike' 'proc-known_messages' \
	fast_path.c 's/return memcmp\(e, &wanted, offsetof\(struct hw__entry, value_length\)\) == 0 &&/return memcmp(e, \&wanted, sizeof e->kind) == 0 \&\&/'
mutant 'dropped extents never freed' 'step chaos product' \
	update.c 's/\told_extents_free\(u\);\n//'
mutant 'revision not raised, fast path' 'product step chaos' \
	fast_path.c 's/\thead\.rev\+\+;\n//'
mutant 'revision not raised, general path' 'step product chaos' \
	edit.c 's/old->head\.rev \+ 1;/old->head.rev;/'
mutant 'W3 a store instead of a swap' 'product chaos threads' \
	publish.h 's/return hw__cas_full\((&a->slots\[slot\]\.word), word, next\);/hw__store_release($1, next);\n\treturn word != 0;/'
mutant 'an update of a record that is over' 'chaos product threads' \
	update.c 's/int error = hw__status_refusal\(word\);/int error = 0;/' \
	handle.h 's/if \(status == HW__RUNNING\)/if (status >= HW__RUNNING)/'
mutant 'block not taken back after an error' 'product-finish' \
	publish.h 's/\thw__chunk_abandon\([^\n]*\n\thw__queue_push[^\n]*\n//'
mutant 'counters not frozen at the end' 'step chaos' \
	update.c 's/\thw__slot_counters_read\(u->to\.a[^\n]*\n//' \
	fast_path.c 's/\thw__slot_counters_read\(a[^;]*;\n//'

mutant 'an update drops the request to stop' 'product proc-api_cancel' \
	publish.h 's/ \| \(word & HW__WORD_CANCELLED\);/;/'
mutant 'the request to stop by a second step' 'step product' \
	publish.h 's/hw__publish_word\(word, status, p->block\) \| p->cancelled;/hw__publish_word(word, status, p->block);/' \
	publish.h 's/(\t\treturn -EAGAIN;\n\tp->block = 0;\n)/$1\tif (p->cancelled)\n\t\t__atomic_fetch_or(\&a->slots[p->slot].word, HW__WORD_CANCELLED, __ATOMIC_SEQ_CST);\n/'
mutant 'a request to stop without its reason' 'step product' \
	edit.c 's/\tif \(edit->cancel\)\n\t\tp->out =[^\n]*\n//'
mutant 'a second request to stop counts, too' 'step proc-api_cancel' \
	update.c 's/\t\treturn ASKED_BEFORE;/\t\terror = 0;/'
mutant 'a request that came second keeps its block' 'product-cancel' \
	update.c 's/(static int update_in_section.*?\tif \(error)(\) \{)/$1 < 0$2/s'
mutant 'a loss drops the request to stop' 'step proc-api_cancel' \
	slot.c 's/hw__word_become\(HW__LOST/hw__word(HW__LOST/'

# ---- blocks and copies ----------------------------------------------------------------------------------
mutant 'version not raised at reuse' 'threads chaos' \
	block.h 's/hw__version_next\(hw__version\(ref\)\);/hw__version(ref);/'
mutant 'version raised late' 'weak' \
	block.h 's/\thw__store_relaxed\(state, hw__state\(HW__KIND_OWNED, member, version\)\);\n/\t(void)state, (void)member;\n/' \
	block.h 's/(\treturn hw__state_own\(hw__chunk_state\(pool)/\tif (pool->chunk_bytes != HW__BLOCK_BYTES)\n\t\thw__store_relaxed(hw__chunk_state(pool, hw__ref_index(ref)), hw__state(HW__KIND_OWNED, member, hw__version_next(hw__version(ref))));\n$1/' \
	known_path.h 's/(\tif \(!hw__publish_swap\(a, slot, word, next\)\))/\thw__store_relaxed(\&to->h.state, hw__state(HW__KIND_OWNED, a->member, ref));\n$1/' \
	publish.h 's/(\tif \(!hw__publish_swap\(a, p->slot, word, [^\n]*\n\t\treturn -EAGAIN;\n)/\thw__store_relaxed(hw__chunk_state(&a->pools[HW__BLOCKS], hw__ref_index(p->block)), hw__state(HW__KIND_OWNED, a->member, p->block));\n$1/'
mutant 'no version check after a copy' 'threads chaos' \
	revision.h 's/return hw__version\(hw__load_relaxed\(state\)\) == hw__version\(ref\);/(void)state;\n\treturn ref != 0;/' \
	revision.c 's/if \(hw__version\(h(ead)?[.-]>?state\) != hw__version\(ref\)\)\n\t\treturn -EAGAIN;\n//g'
mutant 'a thread ends and keeps its blocks' 'tsan-crowd chaos' \
	block.c 's/\t\thw__chunk_give_back\(&a->pools\[HW__BLOCKS\], a->member,\n[^\n]*\n/\t\tcontinue;\n/'
mutant 'a free block taken without a swap' 'threads-takes' \
	block.c 's/if \(!hw__cas_full\(state, seen, (hw__state\(HW__KIND_PRIVATE[^\n]*\))\)\)\n\t\treturn 0;/hw__store_release(state, $1);/' \
	block.c 's/index >= pool->count \|\| !hw__bit_clear_full\(&pool->hints\[at\], bit\)/index >= pool->count/'

# ---- sweeps -------------------------------------------------------------------------------------------------
mutant 'a sweep trusts the owner alone' 'step product chaos' \
	sweep.c 's/if \(kind != HW__KIND_PRIVATE && hw__chunk_is_current/if (kind == HW__KIND_SHARED \&\& hw__chunk_is_current/'
mutant 'a sweep frees SHARED without a look' 'step product chaos' \
	sweep.c 's/if \(kind != HW__KIND_PRIVATE && hw__chunk_is_current/if (kind == HW__KIND_OWNED \&\& hw__chunk_is_current/'
mutant 'a sweep leaves SHARED alone' 'step product chaos' \
	sweep.c 's/\(kind != HW__KIND_SHARED && (!hw__members_have\(dead, hw__state_member\(state\)\))\)/$1/'
mutant 'a sweep leaves PRIVATE alone' 'step product chaos' \
	sweep.c 's/if \(kind == HW__KIND_FREE \|\|/if (kind == HW__KIND_FREE || kind == HW__KIND_PRIVATE ||/'
mutant 'a close forgets what it took over' 'product chaos' \
	block.h 's/\thw__touch\([^\n]*\n//'
mutant 'a close forgets its blocks' 'step chaos' \
	block.c 's/\t\thw__touch\([^\n]*\n/\t\t;\n/'
mutant 'a close forgets its slots' 'step chaos' \
	slot.c 's/\thw__touch\(a->slots_touched, slot\);\n//g'
mutant 'a chunk that moved is not looked at again' 'kept:a sweep, a late helper and one who died must meet: MUT_SWEEP_ONCE in tests/model/checks' \
	sweep.c 's/k < LOOKS && !chunk_sweep/k < 1 \&\& !chunk_sweep/'
mutant 'a sweep leaves CLAIM alone' 'step chaos' \
	sweep.c 's/\tif \(is_claimed_by\(word, dead\)\)\n[^\n]*\n//'
mutant 'a sweep leaves pins alone' 'step chaos' \
	sweep.c 's/\tif \(hw__load_relaxed\(&s->pins[^\n]*\n[^\n]*\n//'
mutant 'a sweep leaves RUNNING alone' 'step chaos' \
	sweep.c 's/hw__is_owned_by\(owner, dead\) &&/0 \&\&/'
mutant 'a sweep leaves RETIRING alone' 'unit-sweep' \
	sweep.c 's/\tif \(hw__word_status\(word\) == HW__RETIRING\)\n\t\tcount->blocks \+=[^\n]*\n//'
mutant 'clean before the sweep' 'step' \
	sweep.c 's/\t\thw__store_release\(&a->members\[p\]\.dirty, 0\);[^\n]*\n//' \
	sweep.c 's/(void hw__members_sweep\([^{]*\{\n)/$1\tfor (uint32_t p = 0; p < a->geometry.members; p++)\n\t\tif (hw__members_have(dead, p))\n\t\t\thw__store_release(&a->members[p].dirty, 0);\n/'
mutant 'no orphans are looked for' 'unit-sweep' \
	sweep.c 's/(uint64_t hw__sweep_orphans\([^{]*\{\n)/$1\tif (a)\n\t\treturn 0;\n/'
mutant 'an extent is current if its home lives' 'step product chaos' \
	sweep.c 's/return head == summary\.head\.overflow \|\| head == summary\.head\.results;/return true;/'

# ---- reading again ----------------------------------------------------------------------------------------------
mutant 'a Running record shows frozen counters' 'unit-snapshot' \
	snapshot.c 's/\tif \(m->revision\.head\.status != HW__RUNNING\)\n\t\tmemcpy/\tmemcpy/'
mutant 'a shape of another record' 'unit-read_again proc-known_messages' \
	snapshot.c 's/ \|\|\s+memcmp\(head\.id, m->s\.id\.bytes, sizeof head\.id\) != 0\)/)/' \
	snapshot.c 's/ m->decoded_id_tail != reading->id_tail \|\|//'
mutant 'a shape by its size alone' 'unit-read_again proc-known_messages' \
	shape.h 's/\t\tother \|= hw__load_unaligned\([^;]*;/\t\t;/'
mutant 'a shape of any size' 'unit-read_again proc-known_messages' \
	shape.h 's/ \| \(head->used_bytes \^ shape->bytes\)//'
mutant 'a shape without extents' 'unit-read_again' \
	shape.h 's/head->overflow \| head->results \| //' \
	shape.h 's/ \|\| revision->head\.overflow \|\| revision->head\.results\)/)/'
mutant 'a shape of a lost record' 'unit-read_again' \
	snapshot.c 's/\n\t    hw__word_status\(reading->word\) != HW__RUNNING \|\|\n(\t    hw__ref_index)/\n$1/'
mutant 'texts of a known shape end anywhere' 'unit-read_again' \
	snapshot.c 's/\thw__shape_terminate\([^\n]*\n//'
mutant 'the version of a known shape is not compared' 'threads' \
	snapshot.c 's/\tif \(!hw__version_is\(&b->h\.state, ref\)\)\n\t\treturn false;\n\thw__shape_terminate/\thw__shape_terminate/'
mutant 'the revision of a known shape is an old one' 'unit-read_again' \
	snapshot.c 's/m->revision\.head\.rev = m->s\.version = head\.rev;/(void)head.rev;/'
mutant 'the time of a known shape is an old one' 'unit-read_again' \
	snapshot.c 's/\tm->revision\.head\.changed_ns = head\.changed_ns;\n//'
mutant 'a shape in other memory' 'unit-read_again' \
	snapshot.c 's/ m->shape_buffer != m->buffer\.bytes \|\|//'
mutant 'a snapshot keeps the request to stop of another record' 'unit-snapshot' \
	snapshot.c 's/\ts->cancel_reason = NULL;\n//' \
	snapshot.c 's/\ts->cancel_requested_ns = 0;\n//'
mutant 'a snapshot keeps the profile of another record' 'proc-api_history' \
	snapshot.c 's/\ts->profile = NULL;\n//'
mutant 'a snapshot keeps the end of another record' 'unit-snapshot_lost' \
	snapshot.c 's/\tm->ended_boot_ns = 0;\n//'
mutant 'a snapshot keeps the owner of another record' 'unit-snapshot_lost' \
	snapshot.c 's/\tm->ended_boot_ns = 0;\n\tm->owner\.since_ns = 0;\n/\tm->ended_boot_ns = 0;\n/'
mutant 'a loss that was not swept is as old as the last change' 'unit-snapshot_lost' \
	snapshot.c 's/\tif \(dead_ns\)\n\t\treading->lost_ns = dead_ns;\n/\t(void)dead_ns;\n/'
mutant 'a loss that was not swept has no time' 'unit-snapshot_lost' \
	snapshot.c 's/\t\*dead_ns = hw__clock_is_shared\(a, m->origin\.time_namespace\)\n\t\t\t   \? hw__owner_dead_ns\(a, reading->owner, &m->origin\)\n\t\t\t   : 0;/\t*dead_ns = 0;/'
mutant 'for a reader, Error records expire as Finished ones' 'unit-snapshot_lost' \
	snapshot.c 's/status == HW__FINISHED \? a->ttl_seconds : a->error_ttl_seconds/a->ttl_seconds/'
mutant 'what never was is gone' 'unit-snapshot' \
	snapshot.c 's/\tif \(error == -ESTALE && hw__load_relaxed\(&a->slots\[slot\]\.id_tail\) == 0\)\n[^\n]*\n//'
mutant 'what is held from another arena is gone' 'unit-snapshot' \
	snapshot.c 's/(static bool is_held.*?) && m->decoded_ino == a->file\.ino/$1/s'
mutant 'an owner that a writer relies on is dead' 'unit-snapshot_lost' \
	snapshot.c 's/\telse if \(status == HW__RUNNING && m->s\.owner_alive == 0\)\n[^\n]*\n//'
mutant 'a short profile is one' 'unit-snapshot' \
	snapshot.c 's/if \(e->value_length == sizeof\(struct hw__profile\)\)/if (e->value_length)/'
mutant 'a short request to stop is one' 'unit-snapshot' \
	snapshot.c 's/\tif \(e->value_length < sizeof cancel\)\n\t\treturn;\n//'
mutant 'an owner that was alive stays alive' 'proc-dead_owners proc-owners' \
	owner.h 's/\s+now_ns - memo->since_ns < HW__OWNER_CACHE_MS \* 1000000ull &&//'
mutant 'a remembered owner of another incarnation' 'unit-owner' \
	owner.h 's/ &&\n\t       hw__owner_incarnation\(a, owner\) == memo->incarnation;/ \&\& a != NULL;/'
mutant 'the owner of another record is remembered' 'unit-owner' \
	owner.h 's/memo->owner == owner &&/owner \&\&/'

# ---- slots ----------------------------------------------------------------------------------------------------
mutant 'pinned after the check' 'unit-slot threads' \
	start.c 's/\thw__slot_pin\(a, slot\);\n\tr->prefix\.generation = hw__generation\(a\);\n\terror = hw__slot_verify\(a, slot, id, &count, &r->origin\);/\terror = hw__slot_verify(a, slot, id, &count, &r->origin);\n\thw__slot_pin(a, slot);\n\tr->prefix.generation = hw__generation(a);/'
mutant 'not pinned at all' 'threads chaos' \
	slot.c 's/\t\thw__or_full\(&a->slots\[slot\]\.pins[^\n]*\n/\t\treturn;\n/'
mutant 'retire does not mark SHARED' 'step chaos' \
	slot.c 's/\tfor \(size_t i = 0; i < extents->count; i\+\+\)\n\t\tchunk_mark_shared[^\n]*\n\tchunk_mark_shared[^\n]*\n//'
mutant 'RETIRING before its units are SHARED' 'kept:a retirer dies in between while the owner lives: MUT_RETIRE_SHARED_LATE in tests/model/checks' \
	slot.c 's/(\tfor \(size_t i = 0; i < extents->count; i\+\+\)\n\t\tchunk_mark_shared[^\n]*\n\tchunk_mark_shared[^\n]*\n)(\tif \(!hw__cas_full\(at, word, retiring\)\)[^\n]*\n[^\n]*\n)/$2$1/'
mutant 'RETIRING is freed although pinned' 'threads chaos' \
	slot.c 's/if \(hw__slot_is_pinned\(&a->slots\[slot\]\) \|\|\s+/if (/' \
	slot.c 's/ && !hw__slot_is_pinned\(&a->slots\[slot\]\)//'
mutant 'the last unpin leaves RETIRING' 'unit-slot' \
	slot.c 's/\tif \(hw__word_status\(word\) == HW__RETIRING\)\n\t\t\(void\)hw__slot_retire_finish\(a, slot, word\);\n\}/\t(void)word;\n}/'
mutant 'retired chunks are not freed' 'unit-slot' \
	slot.c 's/\treturn freed \+ chunk_free_shared\(&a->pools\[HW__BLOCKS\], hw__word_ref\(word\)\);/\treturn freed + 1;/'
mutant 'life after the counters' 'weak' \
	slot.c 's/\thw__store_relaxed\(&s->id_tail, hw__id_tail\(id\)\);\n//' \
	slot.c 's/(\thw__slot_pin\(a, slot\);\n\}\n\nvoid hw__slot_unclaim)/\thw__store_relaxed(&s->id_tail, hw__id_tail(id));\n$1/'
mutant 'counters not zeroed' 'chaos step' \
	slot.c 's/\tcounters_zero\(s->counters\);\n//'
mutant 'a Running record is evicted' 'chaos' \
	reap.c 's/if \(!hw__status_is_over\(status\) \|\| hw__slot_is_pinned/if (!hw__status_is_readable(status) || hw__slot_is_pinned/'
mutant 'the whole id is not compared' 'chaos threads' \
	handle.c 's/\tif \(memcmp\(v\.head\.id, id->bytes, sizeof v\.head\.id\) != 0\)\n\t\treturn -ESTALE;\n//'

# ---- dead owners ----------------------------------------------------------------------------------------------------
mutant 'who is not the owner does not look at it' 'proc-dead_owners' \
	handle.c 's/(if \(hw__owner_watch\([^;]*?, call\))\)/$1 || true)/'
mutant 'a handle that is bound again has checked the owner' 'proc-dead_owners' \
	handle.c 's/\thw__store_relaxed\(&r->checked, 0\);\n//'
mutant 'a check holds for ever' 'proc-dead_owners' \
	owner.c 's/ && now - last < CACHE_MS\)/)/'
mutant 'until is not raised' 'unit-owner' \
	owner.c 's/\twatch_until\(&a[^\n]*\n//'
mutant 'until of other slots counts' 'unit-owner' \
	owner.c 's/until\[slot % HW__WATCH_UNTIL\]/until[0]/g'
mutant 'a record is lost and then Running' 'unit-snapshot_lost' \
	snapshot.c 's/\thw__lost_add\([^\n]*\n//'
mutant 'each record in the slot of a lost one is lost' 'unit-lost' \
	lost.c 's/ \|\| hw__load_acquire\(&t\[slot\]\.id_tail\) != id_tail//'
mutant 'dead for as long as this process was stopped' 'unit-owner' \
	owner.c 's/\tif \(result == 0\)\n\t\tnow = now_ms\(\);\n//'
mutant 'a time of death after now' 'unit-owner' \
	owner.c 's/return ago > 0 \? \(uint64_t\)ago : 0;/return (uint32_t)ago;/'
mutant 'a dead member is alive while its successor sweeps' 'unit-member' \
	member.c 's/\thw__store_relaxed\(&a->members\[member\]\.pid, 0\);\n//'
mutant 'another program is the owner' 'proc-nameless' \
	owner.c 's/return hw__process_maps\(origin->owner_pid, a->file\.ino\) != 0;/return 1;/'
mutant 'a main thread that ended is a dead process' 'unit-member' \
	process.c 's/ && threads <= 1 \?/ ?/'
mutant 'a reader does not ask who relies on a look' 'proc-dead_owners' \
	snapshot.c 's/hw__owner_is_relied_on\([^;]*?&m->origin\)\)/false)/'
mutant 'a reader does not ask who publishes now' 'unit-owner' \
	owner.c 's/if \(!is_in_call\(watch, slot\) &&/if (/'
mutant 'a call on any record keeps this one from being lost' 'unit-owner' \
	owner.c 's/\(&watch->calls\[i\]\) == slot \+ 1ull\)/(&watch->calls[i]) \&\& slot < HW__SLOTS_MAX)/'
mutant 'calls without an entry are forgotten' 'unit-owner' \
	owner.c 's/return hw__load_acquire\(&watch->others\) != 0;/return false;/'
mutant 'the last entry is not looked at' 'unit-owner' \
	owner.c 's/(is_in_call.*?i < HW__WATCH_CALLS)/$1 - 1/s'
mutant 'a writer relies on the look of a reader' 'unit-owner' \
	owner.c 's/(if \(seen && result_of\(seen\) )== 0\)\n\t\treturn 0;\n\tif \(last/$1>= 0)\n\t\treturn result_of(seen);\n\tif (last/'
mutant 'looks at others keep a record from being lost' 'unit-owner' \
	owner.c 's/\tif \(dead_for_ms\([^\n]*\n[^\n]*\n//'
mutant 'lost, although it was changed meanwhile' 'unit-snapshot_lost chaos' \
	snapshot.c 's/hw__load_relaxed\(&s->word\) != reading->word \|\|/hw__word_status(hw__load_relaxed(\&s->word)) != HW__RUNNING ||/'

# ---- members, closing, fork ---------------------------------------------------------------------------------------
mutant 'the handle is always good' 'threads chaos' \
	handle.h 's/if \(generation && hw__load_acquire\(&r->prefix\.generation\) == generation\)/if (generation || !generation)/'
mutant 'dirty is not set' 'step chaos' \
	member.c 's/\thw__store_release\(&line->dirty, 1\);[^\n]*\n//'
mutant 'a dirty place is taken unswept' 'step chaos' \
	attach.c 's/\tif \(hw__load_acquire\(&a->members\[a->member\]\.dirty\)\)\n\t\thw__members_sweep[^\n]*\n//'
mutant 'the living are swept' 'chaos product' \
	member.c 's/ \|\|\n\t\t    byte_lock\(fd, p, F_RDLCK\) != 0\)\n\t\t\tcontinue;/)\n\t\t\tcontinue;\n\t\t(void)byte_lock(fd, p, F_RDLCK);/'
mutant 'a child inherits the lock' 'proc-locks' \
	member.c 's/madvise\(\*page, HW__PAGE_BYTES, MADV_DONTFORK\) != 0/0/'
mutant 'fork does not take the process lock' 'proc-atfork' \
	arena.c 's/(static void fork_prepare\(void\)\n\{\n)[^\n]*\n/$1/' \
	arena.c 's/(static void fork_parent\(void\)\n\{\n)\tpthread_mutex_unlock[^\n]*\n/$1/' \
	arena.c 's/(static void fork_child\(void\)\n\{\n[^}]*?)\tpthread_mutex_unlock[^\n]*\n/$1/'
mutant 'fork handlers set at the first use' 'proc-atfork' \
	arena.c 's/static __attribute__\(\(constructor\(101\)\)\) void/static void/' \
	arena.c 's/(void hw__process_lock\(void\)\n\{\n)/$1\tstatic pthread_once_t once = PTHREAD_ONCE_INIT;\n\tpthread_once(&once, fork_hooks_set);\n/'
mutant 'a fast update after the close' 'proc-sections' \
	fast_path.c 's/p\.queue->generation && hw__generation\(p\.a\) == p\.queue->generation/1/'
mutant 'wait gives up on a record that cannot be read' 'proc-wait' \
	wait.c 's/return error == -EAGAIN \? 0 : error;/return error;/g'
mutant 'a failed read is a death' 'proc-owners' \
	process.c 's/-ESRCH : -EACCES;\n\}/-ESRCH : -ESRCH;\n}/'
mutant 'a program that exec started is its predecessor' 'proc-owners' \
	owner.c 's/ \^\n\t\s*hw__owner_incarnation\(a, owner\) \* 0x[0-9a-f]*u;/;/' \
	owner.h 's/ &&\n\t       hw__owner_incarnation\(a, owner\) == memo->incarnation;/ \&\& a != NULL;/'
mutant 'a counter of a closed arena takes the lock' 'proc-atfork' \
	handle.c 's/\tif \(hw__load_acquire\(&a->closed\)\)\n[^\n]*\n//'
mutant 'a child waits for threads of its parent' 'proc-sections' \
	arena.c 's/\thw__rcu_forked\(\);\n//'
mutant 'close does not sweep' 'step chaos' \
	attach.c 's/\thw__members_sweep\(a, &self, true, &count\);\n//'
mutant 'close does not wait' 'threads' \
	attach.c 's/\thw__rcu_synchronize\(\);\n//'
mutant 'once more: an update after the close' 'threads' \
	update.c 's/if \(u\.to\.queue->generation && hw__generation/if (hw__generation/'
mutant 'once more: a handle bound after the close' 'threads' \
	handle.c 's/\tif \(!error && !hw__generation\(a\)\)\n[^\n]*\n//' \
	slot.c 's/\tif \(!hw__generation\(a\)\)\n\t\treturn;\n(\thw__touch)/$1/' \
	slot.c 's/if \(!generation \|\| hw__generation/if (hw__generation/'
mutant 'once more: counters of the next record' 'threads-each' \
	snapshot.c 's/!error &&\s+memcmp\(&reading->id_tail, [^;]*? != 0\)/0)/'

# ---- orders between words: dropped, of another kind, or in another place --------------------------------
fence() { # TAG FILE CALL [HARNESS]: each fence of that tag in the file
	mutant "no fence: $1, $2" "${4:-weak}" "$2" "s/\\t$3\\(\\); \\/\\* $1[^\\n]*\\n//g"
}
fence W1 block.h hw__fence_store
fence C1 slot.c hw__fence_store
fence R2 snapshot.c hw__fence_load
fence P1 slot.c hw__fence_rmw_load weak-reuse
mutant 'a load fence: W1' 'weak' \
	block.h 's/hw__fence_store\(\); \/\* W1/hw__fence_load(); \/\* W1/'
mutant 'a load fence: C1' 'weak' \
	slot.c 's/hw__fence_store\(\); \/\* C1/hw__fence_load(); \/\* C1/'
mutant 'no fence: R2, after a copy' 'weak' \
	revision.h 's/\thw__fence_load\(\); \/\* R2, with W1[^\n]*\n//'
mutant 'no fence: R2, after a copy that failed' 'weak' \
	revision.h 's/\thw__fence_load\(\); \/\* R2: the copy[^\n]*\n//'
mutant 'a store fence: R2' 'weak' \
	revision.h 's/hw__fence_load\(\); \/\* R2, with W1/hw__fence_store(); \/\* R2, with W1/'
mutant 'the fence before the version is raised' 'weak' \
	block.h 's/(\thw__store_relaxed\(state, [^\n]*\n)(\thw__fence_store[^\n]*\n)/$2$1/'
mutant 'no acquire: R1, read' 'weak' \
	snapshot.c 's/reading->word = hw__load_acquire/reading->word = hw__load_relaxed/'
mutant 'no acquire: R1, resume' 'weak' \
	handle.c 's/word = hw__load_acquire\(&a->slots/word = hw__load_relaxed(&a->slots/'
mutant 'no acquire: R1, update' 'weak' \
	fast_path.c 's/word = hw__load_acquire\(&a->slots/word = hw__load_relaxed(&a->slots/' \
	update.c 's/hw__load_acquire/hw__load_relaxed/'
mutant 'no fence: P1, handle.c' 'kept:the pin itself is a full operation: the fence says what is needed' \
	handle.c 's/\thw__fence_rmw_load\(\); \/\* P1[^\n]*\n//'
mutant 'no fence: P2, publish.h' 'kept:two writers and a sweep must meet in a few instructions: MUT_ALONE_STATE_FIRST in tests/model/checks' \
	publish.h 's/\thw__fence_load\(\); \/\* P2[^\n]*\n//'

# ---- orders, as ThreadSanitizer is told of them ------------------------------------------------------------------------
relaxed() { # FUNCTION: the first of that name in shm_atomic.h is the one that ThreadSanitizer sees
	mutant "relaxed: $1" "${2:-tsan-crowd tsan-pairs}" shm_atomic.h \
		"s/(hw__$1\\([^\\n]*\\n\\{\\n[^}]*?)__ATOMIC_(ACQUIRE|RELEASE|SEQ_CST)(, __ATOMIC_ACQUIRE)?/\$1 . '__ATOMIC_RELAXED' . (\$3 ? ', __ATOMIC_RELAXED' : '')/e"
}
# Shared memory holds nothing but atomic words, so that an order among them is invisible to it.
models='kept:only orders atomic words: tests/model/weak.pml, and the disassembly in tests/arch'
fences='kept:crowd and pairs do not meet it: tests/arch misses its fences in the disassembly'
relaxed load_acquire "$fences"
relaxed store_release
relaxed cas_full "$models"
relaxed fetch_add_full "$fences"
relaxed or_full "$models"
relaxed and_full "$models"
relaxed bit_clear_full "$models"
relaxed load_pointer_acquire "$fences"
relaxed exchange_pointer_full "$fences"
mutant 'relaxed: generation in the header' 'tsan-crowd tsan-pairs' \
	headway.h 's/__ATOMIC_ACQUIRE/__ATOMIC_RELAXED/g'
mutant 'a plain load' 'tsan-pairs tsan-crowd' \
	shm_atomic.h 's/return __atomic_load_n\(p, __ATOMIC_RELAXED\);/return *p;/'
mutant 'a plain store' 'tsan-pairs tsan-crowd' \
	shm_atomic.h 's/__atomic_store_n\(p, v, __ATOMIC_RELAXED\);/*p = v;/'
mutant 'following does not wait for readers' 'threads' \
	open.c 's/\t\thw__rcu_synchronize\(\);\n//'

# ---- clocks --------------------------------------------------------------------------------------------
mutant 'expiry by the wall clock' 'proc-clocks' \
	reap.c 's/hw__boot_ns\(\)/hw__wall_coarse_ns()/g'
mutant 'expiry by a clock that stops when suspended' 'proc-clocks' \
	reap.c 's/hw__boot_ns\(\)/hw__now_ns()/g'
mutant 'the end, by the wall clock' 'proc-clocks unit-reap' \
	update.h 's/hw__boot_ns\(\)/hw__wall_coarse_ns()/'
mutant 'a loss, by the wall clock' 'proc-clocks' \
	slot.c 's/hw__boot_ns\(\)/hw__wall_coarse_ns()/'
mutant 'what is shown, by the boot clock' 'proc-clocks' \
	publish.c 's/hw__wall_coarse_ns\(\)/hw__boot_ns()/' \
	fast_path.c 's/hw__wall_coarse_ns\(\)/hw__boot_ns()/'
mutant 'the time read, by the wall clock' 'proc-clocks' \
	snapshot.c 's/return since_start\(origin, boot_ns\(a, reading\)\);/(void)reading;\n\treturn (int64_t)hw__wall_coarse_ns();/'
mutant 'boot times of another time namespace are believed' 'res-time_namespaces' \
	arena.h 's/return own == time_namespace[^;]*;/return (void)own, (void)time_namespace, true;/'
mutant 'an end in another time namespace is dated' 'res-time_namespaces' \
	update.h 's/hw__clock_is_shared\(a, time_namespace\) \? hw__boot_ns\(\) : 0/(void)a, (void)time_namespace, hw__boot_ns()/'

mutant 'pins are not read again after RETIRING' 'unit-slot' \
	slot.c 's/return hw__slot_is_pinned\(&a->slots\[slot\]\) \? 0 : retire_last/return retire_last/'
mutant 'a loss gives up after a lost swap' 'unit-slot' \
	slot.c 's/\t\thw__relax\(\);\n\t\}/\t\treturn false;\n\t}/'
mutant 'RETIRING always reads Finished' 'unit-slot' \
	record.c 's/return summary\.head\.status == HW__FINISHED \? HEADWAY_FINISHED : HEADWAY_ERROR/return HEADWAY_FINISHED/'
mutant 'the fast path keeps no room for what is frozen' 'unit-update' \
	fast_path.c 's/BYTES_MOST = HW__FAST_BYTES /BYTES_MOST = HW__INLINE_BYTES /'
mutant 'extents kept after a lost race' 'unit-update' \
	update.c 's/\thw__chain_undo\(u->to\.a, &u->new_extents, u->results_extents\);[^\n]*\n//'
mutant 'results are written at each try' 'unit-update' \
	update.c 's/if \(u->results \|\| !u->edit->results_chain\)/if (!u->edit->results_chain)/'
mutant 'extents of results are given back with those of a try' 'unit-update' \
	update.c 's/&u->new_extents, u->results_extents\);/\&u->new_extents, 0);/'
mutant 'extents that are freed meanwhile are damage' 'unit-update' \
	update.c 's/if \(error == -EAGAIN && hw__word_is_unchanged\(&slot->word, word\)\)/if (error == -EAGAIN)/'
mutant 'a try that lost frees the extents of the record' 'unit-update' \
	update.c 's/\tif \(!error\)\n\t\told_extents_free\(u\);/\told_extents_free(u);/'

# ---- room, reaping --------------------------------------------------------------------------------------
mutant 'making room does not sweep the dead' 'unit-reap' \
	reap.c 's/if \(hw__members_sweep_dead\(a, &count\) == 0 && wants_chunk\)/if (wants_chunk)/'
mutant 'no thorough look before evicting' 'unit-reap' \
	room.c 's/\tif \(error == -ENOSPC \|\| error == -ENOBUFS\)[^\n]*\n[^\n]*\n//'
mutant 'nobody waits for a block' 'unit-reap' \
	reap.c 's/\(want == HW__WANT_BLOCK && block_await\(a\)\)/(want == HW__WANT_BLOCK \&\& has_free_block(a))/'
mutant 'a pass evicts a batch, whatever is wanted' 'unit-reap' \
	reap.c 's/gone >= room->batch && room->free >= room->extents/gone >= room->batch/'
mutant 'younger records push out older candidates' 'unit-reap' \
	reap.c 's/i == BATCH_MAX && new->when_ns >= c->at\[i - 1\]\.when_ns/i > BATCH_MAX/'
mutant 'Error records go before Finished ones' 'unit-reap' \
	reap.c 's/evict\(&room, &room\.finished\) \|\| evict\(&room, &room\.errors\)/evict(&room, &room.errors) || evict(&room, &room.finished)/'
mutant 'a loss without a time stays without one' 'unit-reap' \
	reap.c 's/\t\tif \(!\(policy->flags & HEADWAY_DRY_RUN\)\)\n\t\t\thw__slot_set_lost_time[^\n]*\n//'
mutant 'a dry run dates a loss' 'unit-reap' \
	reap.c 's/if \(!\(policy->flags & HEADWAY_DRY_RUN\)\)\n\t\t\thw__slot_set/if (1)\n\t\t\thw__slot_set/'
mutant 'a time of loss of an earlier record is believed' 'unit-reap' \
	reap.c 's/lost >= summary\.origin\.started_boot_ns \? lost : 0/lost/'
mutant 'Error records expire as Finished ones' 'unit-reap' \
	reap.c 's/finished \? policy->ttl_seconds : policy->error_ttl_seconds/finished ? policy->ttl_seconds : policy->ttl_seconds/'

# ---- opening, waiting -----------------------------------------------------------------------------------
mutant 'a group without its bits lets in' 'res-hostile_files' \
	arena.c 's/st->st_mode & 060 \? in_group\(st->st_gid\) : 0/in_group(st->st_gid)/'
mutant 'EXISTING with CREATE' 'proc-api_arena' \
	open.c 's/\(HEADWAY_CREATE \| HEADWAY_EXCLUSIVE\)\)\)/HEADWAY_EXCLUSIVE))/'
mutant 'EXISTING with EXCLUSIVE' 'proc-api_arena' \
	open.c 's/\(HEADWAY_CREATE \| HEADWAY_EXCLUSIVE\)\)\)/HEADWAY_CREATE))/'
mutant 'a wait for less than for ever' 'proc-api_read' \
	wait.c 's/if \(timeout_ms < -1\)/if (timeout_ms < -2)/'

mutant 'a record opened before its eviction made room' 'unit-reap' \
	reap.c 's/\t\tif \(hw__load_relaxed\(&room->a->slots\[at->slot\]\.word\) == at->word\)\n\t\t\tcontinue;\n//'
mutant 'a reap leaves RETIRING' 'unit-reap' \
	reap.c 's/\tif \(status == HW__RETIRING\)\n\t\treport->blocks_freed[^\n]*\n//'
mutant 'a loss found by a reap is not counted' 'unit-reap' \
	reap.c 's/\thw__total_add\(a, HW__TOTAL_LOST, 1\);\n//'
mutant 'what attaching swept is not reported' 'unit-sweep' \
	attach.c 's/\ta->swept = count;\n//'
mutant 'what attaching swept is reported twice' 'unit-sweep' \
	attach.c 's/\tmemset\(&a->swept, 0, sizeof a->swept\);\n//'
mutant 'a removal does not sweep the dead' 'proc-api_reap' \
	start.c 's/\t\t\(void\)hw__members_sweep_dead\(a, &count\);\n/\t\t(void)count;\n/'

# ---- owners ---------------------------------------------------------------------------------------------
mutant 'a dead owner is queried again and again' 'unit-owner' \
	owner.c 's/\bseen && \(result_of\(seen\) == 0 \|\| is_recent/seen \&\& (is_recent/'
mutant 'the time of a death moves' 'unit-owner' \
	owner.c 's/if \(result != 0 \|\| !seen \|\| result_of\(seen\) != 0\)\n/if (!seen || seen)\n/'
mutant 'a death is dated without suspended time' 'unit-owner' \
	owner.c 's/hw__now_coarse_ns\(\) \+ hw__load_relaxed\(&a->suspended_ns\) -/hw__now_coarse_ns() -/'
mutant 'a death is dated when it is asked for' 'unit-owner' \
	owner.c 's/dead_for_ms\(a, owner, origin, now_ms\(\)\) \* 1000000/0 * dead_for_ms(a, owner, origin, now_ms())/'
mutant 'a child takes itself for its parent' 'unit-owner' \
	owner.c 's/a->writable && hw__generation\(a\) &&/a->writable \&\&/'
mutant 'processes of other namespaces are looked up' 'unit-owner' \
	owner.c 's/\(uint32_t\)own != origin->owner_namespace \|\|/0 ||/'
mutant 'a zombie lives' 'unit-owner' \
	process.c 's/return \(state == .Z. \|\| state == .X.\) && threads <= 1 \? -ESRCH : 0;/return 0;/'

# ---- reading, ids, estimates, JSON ----------------------------------------------------------------------
mutant 'results without their end' 'unit-snapshot' \
	snapshot.c 's/\tm->buffer\.bytes\[m->revision\.results_off \+ s->results_length\] = .\\0.;\n//'
mutant 'a loss is earlier than the last change' 'unit-snapshot_lost' \
	snapshot.c 's/lost > s->updated_ns \? lost : s->updated_ns/lost/'
mutant 'a time of loss of an earlier record expires one' 'unit-snapshot_lost' \
	snapshot.c 's/bool lost = status == HW__LOST && [^;]*;/bool lost = status == HW__LOST;/'
mutant 'an id of any version' 'unit-id' \
	slot.c 's/ && id->bytes\[6\] >> 4 == 8 &&/ \&\&/'
mutant 'an id of any variant' 'unit-id' \
	slot.c 's/\n\t       id->bytes\[8\] >> 6 == 2 && / /'
mutant 'the check byte is of one half of the id' 'unit-id' \
	slot.c 's/hash = \(hash \^ words\[1\]\)/hash = (hash ^ 0 * words[1])/'
mutant 'estimates are cut off' 'unit-estimate' \
	estimate.c 's/\(a \+ b \/ 2\) \/ b/a \/ b/'
mutant 'the time left in 64 bits' 'unit-estimate' \
	estimate.c 's/divide_rounded\(\(unsigned __int128\)left \* elapsed,/divide_rounded(left * elapsed,/'
mutant 'no time left is unknown at first' 'unit-estimate' \
	estimate.c 's/is_under_way && \(e->has_rate \|\| !left\)/is_under_way \&\& e->has_rate/'
mutant 'an estimate writes beyond what it knows' 'unit-estimate' \
	estimate.c 's/if \(!size \|\| size > sizeof found\)\n/if (!size)\n/'
mutant 'an end without its time' 'unit-estimate' \
	estimate.c 's/s->finished_ns \? s->finished_ns : s->updated_ns/s->finished_ns/'
mutant 'a detached record has an owner in JSON' 'unit-json' \
	json.c 's/if \(s->detached \|\| !s->owner_pid\)/if (!s->owner_pid)/'
mutant 'an owner without a pid in JSON' 'unit-json' \
	json.c 's/if \(s->detached \|\| !s->owner_pid\)/if (s->detached)/'

# ---- places, threads, clocks ----------------------------------------------------------------------------
mutant 'a place that is being swept is taken' 'unit-member' \
	member.c 's/if \(byte_is_member_s\(fd, p\) == 0\)\n\t\t\treturn -EBUSY;/if (byte_is_member_s(fd, p) < -1)\n\t\t\treturn -EBUSY;/'
mutant 'the dead reserve blocks for ever' 'unit-sweep' \
	sweep.c 's/\t\thw__store_relaxed\(&a->members\[p\]\.reserved, 0\);\n//'
mutant 'all members begin at one slot' 'unit-member' \
	member.c 's/\tcursors_set\(a\);\n//'
mutant 'the name of a command ends at its first parenthesis' 'unit-member' \
	process.c 's/close_paren = strrchr/close_paren = strchr/'
mutant 'queues of closed arenas are kept' 'unit-block' \
	block.c 's/\tqueues_prune\(t\);\n/\t(void)queues_prune;\n/'
mutant 'a time before the start' 'unit-snapshot' \
	snapshot.c 's/boot_ns > origin->started_boot_ns \? boot_ns - origin->started_boot_ns : 0/boot_ns - origin->started_boot_ns/'
mutant 'a loss is dated by any clock' 'unit-slot' \
	slot.c 's/ && hw__clock_is_shared\(a, origin->time_namespace\)\)/)/'
mutant 'a record without an owner has one' 'proc-api_records' \
	start.c 's/\tif \(\(spec->flags & HEADWAY_DETACHED\) && spec->owner_pid\)\n\t\treturn -EINVAL;\n//'
mutant 'what never was cannot be opened any more' 'unit-snapshot' \
	start.c 's/ \|\| hw__load_relaxed\(&a->slots\[slot\]\.id_tail\) == 0\)/)/'
mutant 'a handle that was refused keeps its pin' 'unit-slot' \
	start.c 's/\t\thw__slot_unpin\(a, slot, r->prefix\.generation\);\n//'
mutant 'a record is evicted for what no arena of this size holds' 'unit-update' \
	start.c 's/return !error && first->extents > a->geometry\.extents \? -E2BIG : error;/return error;/'
mutant 'a start is not counted' 'proc-api_records' \
	start.c 's/\thw__total_add\(a, HW__TOTAL_STARTED, 1\);\n//'
mutant 'a cancelled run is learnt' 'proc-api_history' \
	record.c 's/ \|\| headway_is_cancelled\(r\) == 1 \|\|/ ||/'
mutant 'a run with results is not learnt' 'proc-api_history' \
	record.c 's/(headway_finish_with_results.*?)is_learnt\)\n/$1is_learnt \&\& 0)\n/s'
mutant 'a start without an id keeps its slot' 'res-creation' \
	start.c 's/\t\t\(void\)hw__cas_full\(&a->slots\[p\.slot\]\.word, hw__word_claim\(a->member\), 0\);\n//'
mutant 'a start without a block keeps its extents' 'unit-update' \
	start.c 's/\tif \(extents\.buffer\)\n\t\thw__chain_undo\(p->a, &extents, 0\);\n//'
mutant 'a change in the block writes the rest anew' 'unit-update' \
	update.c 's/return old->head\.overflow && bytes ==/return 0 \&\& bytes ==/'
mutant 'the total is added to' 'unit-slot' \
	record.c 's/index == 1 \|\| \(index > 1/(index > 1/'
mutant 'following forgets that any owner will do' 'unit-arena' \
	open.c 's/arena->options\.flags &= HEADWAY_ANY_OWNER;/arena->options.flags = 0;/'

if [ $apply_only -eq 1 ]; then
	apply_all
	exit
fi
echo
echo "$passed passed, $failed failed, $kept kept"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
