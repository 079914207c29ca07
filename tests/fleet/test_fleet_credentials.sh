#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Credentials as NATS' own tool makes them: a JWT with the rights of one host, and the seed that proves it.
# shellcheck source=tests/fleet/lib.sh
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || { echo 'no openssl here'; exit 77; }
keys=$dir/keys
mkdir "$keys"
looks='$JS.API.STREAM.INFO.KV_headway,$JS.API.STREAM.MSG.GET.KV_headway'
consumers='$JS.API.STREAM.INFO.KV_headway,$JS.API.CONSUMER.*.KV_headway,$JS.API.CONSUMER.*.KV_headway.>,$JS.FC.KV_headway.>'
"$python" "$(dirname "$0")/credentials.py" "$keys" admin= "reader=$consumers:_INBOX.reader.>" \
	"web1=\$KV.headway.web1,\$KV.headway.web1.*,$looks:_INBOX.web1.>" || fail 'no credentials'
"$python" "$(dirname "$0")/credentials.py" "$dir" stranger= || fail 'no credentials of another operator'
nats_start a -c "$keys/server.conf"
host web1
host web2

relay_start web1 --creds "$keys/admin.creds" --age 60m # makes the bucket
within relay_is_writing web1
end "${relay_pid[web1]}"
relay_start web1 --creds "$keys/web1.creds"
within relay_is_writing web1
as web1 "$headway" start --name one >/dev/null
serve --nats "$nats_url" --creds "$keys/reader.creds"
within answers 200 "$url/readyz"
within union_is_own web1
has 'the record is there' "$(fresh "$url/_/status/")" '"name":"one"'

# ---- what is refused ------------------------------------------------------------------------------------------
relay_start web2 --creds "$keys/web1.creds"
within says 'Permissions Violation' "${relay_log[web2]}"
relay_is_writing web2 && fail "web1's credentials wrote as web2"
end "${relay_pid[web2]}"
told() { timeout 3 "$@" 2>&1; }
for how in '' "--creds $dir/stranger.creds"; do
	# shellcheck disable=SC2086
	has "refused: ${how:-no credentials}" "$(as web2 told "$relay" --nats "$nats_url" --host web2 $how)" 'uthorization'
done
: >"$dir/empty.creds"
text=$(as web2 told "$relay" --nats "$nats_url" --host web2 --creds "$dir/empty.creds")
has 'a file without credentials' "$text" "--creds: no JWT and seed in '.*/empty.creds'"
secret=$(sed -n 's/^\(SU[A-Z0-9]*\)$/\1/p' "$keys/web1.creds")
[ ${#secret} -eq 58 ] || fail 'no seed in the credentials'
cat "$dir"/log* | grep -q "$secret" && fail 'a seed is in a log'
finish
