#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What the tools of package authors say of headway-client: publint, arethetypeswrong, and TypeScript itself with a program
# that uses all of it (package_use.ts).  They come from the npm registry, so that this is for the long run.
set -u
here=$(cd "$(dirname "$0")" && pwd)
command -v npm >/dev/null || { echo 'no npm here'; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
echo '{"private":true,"type":"module"}' >package.json
npm pack --silent --pack-destination . "$here/../../httpd/client" || exit 1
npm install --no-audit --no-fund --silent publint@0.3 @arethetypeswrong/cli@0.18 typescript@5 ./headway-client-*.tgz ||
	{ echo 'no registry'; exit 77; }
PATH=$dir/node_modules/.bin:$PATH
cp "$here/package_use.ts" .
code=0
publint --strict "$here/../../httpd/client" || code=1
attw ./headway-client-*.tgz --profile esm-only || code=1
for way in 'nodenext nodenext' 'esnext bundler'; do
	tsc --noEmit --strict --target es2022 --lib es2022,dom --module "${way% *}" --moduleResolution "${way#* }" package_use.ts || code=1
done
exit $code
