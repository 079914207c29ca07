#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A source distribution and a wheel, built as people do without a network: the wheel from the source
# distribution, which has the library in it; then `pip install .` with the library that is installed.
# shellcheck source=bindings/python/tests/lib.sh
. "${0%/*}/lib.sh"
for module in build setuptools wheel pip; do
	has $module || { echo "no Python module $module here"; exit 77; }
done
unset PYTHONPATH
export PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore TMPDIR=$folder
unset CPPFLAGS LDFLAGS
export CFLAGS=-O0 # quickly
version=$(cat "$tree/VERSION")
# Python's own build leaves files beside its sources.
mkdir -p "$folder/tree/bindings" "$folder/elsewhere"
cp -r "$tree/lib" "$tree/VERSION" "$tree/LICENSE" "$folder/tree/" && cp -r "$source" "$folder/tree/bindings/python"
cd "$folder/tree/bindings/python" || exit 1

ok 'builds' "$python" -m build --no-isolation --outdir "$folder/dist" .
wheel=("$folder"/dist/*.whl) sdist=$folder/dist/headway-$version.tar.gz
like 'one wheel for all Pythons' "*/headway-$version-cp39-abi3-linux_*.whl" "${wheel[0]}"
try tar -tzf "$sdist"
for file in lib/headway.h lib/read/wait.c VERSION LICENSE README.md src/record.c src/extension.h tests/test_calls.py headway/py.typed; do
	like "the source has $file" "*headway-$version/$file"$'\n'* "$out"$'\n'
done
try "$python" -m zipfile -l "${wheel[0]}"
for file in headway/_headway.abi3.so headway/py.typed headway/_headway.pyi headway/tqdm/contrib/logging.py LICENSE; do
	like "the wheel has $file" "*$file *" "$out"
done
is 'and no tests' 0 "$(grep -c ' tests\|/tests' <<<"$out")"

# uses FOLDER: what was installed there works, from elsewhere
uses() {
	cd "$folder/elsewhere" || return 1
	PYTHONPATH=$1 "$python" - <<-'P' || return 1
		import headway, importlib.metadata
		with headway.start("installed", total=1) as record:
		    record.add()
		print(headway.__file__, headway.__version__, importlib.metadata.version("headway"))
		plugins = importlib.metadata.entry_points()
		plugins = plugins.select(group="pytest11") if hasattr(plugins, "select") else plugins["pytest11"]
		(plugin,) = [e for e in plugins if e.name == "headway"]
		assert plugin.load().__name__ == "headway.pytest_plugin"
	P
}
ok 'the wheel installs' "$python" -m pip install --no-deps --target "$folder/wheel" "${wheel[0]}"
ok 'and is used' uses "$folder/wheel"
is 'from there' "$folder/wheel/headway/__init__.py $version $version" "$out"
view --name installed
record_has 'its record' '"status":"Finished"' '"done":1,"total":1'
is 'needs no library' 0 "$(ldd "$folder"/wheel/headway/*.so | grep -c libheadway)"
is 'exports its entry only' PyInit__headway "$(nm -D --defined-only "$folder"/wheel/headway/*.so | awk '{ print $3 }')"

# The library as `make install` leaves it, in a folder of its own.
mkdir -p "$folder/usr/lib/pkgconfig" "$folder/usr/include"
cp "$BIN/libheadway.so.$version" "$folder/usr/lib/" && ln -s "libheadway.so.$version" "$folder/usr/lib/libheadway.so.0" &&
	ln -s libheadway.so.0 "$folder/usr/lib/libheadway.so" && cp "$tree/lib/headway.h" "$folder/usr/include/"
sed -e "s|@prefix@|$folder/usr|; s|@libdir@|$folder/usr/lib|; s|@includedir@|$folder/usr/include|; s|@version@|$version|; s|@libs@||" \
	"$tree/lib/headway.pc.in" >"$folder/usr/lib/pkgconfig/headway.pc"
export HEADWAY_SHARED=1
cd "$folder/tree/bindings/python" || exit 1
try env PKG_CONFIG_LIBDIR=/nowhere "$python" setup.py --version
like 'no library: said' '*headway: HEADWAY_SHARED is set, and pkg-config does not find the library*' "$code: $err"
ok 'pip install .' env PKG_CONFIG_PATH="$folder/usr/lib/pkgconfig" "$python" -m pip install --no-build-isolation --no-deps \
	--target "$folder/shared" "$folder/tree/bindings/python"
is 'linked with it' 1 "$(readelf -d "$folder"/shared/headway/*.so | grep -c 'NEEDED.*libheadway.so.0')"
export LD_LIBRARY_PATH=$folder/usr/lib
ok 'and used' uses "$folder/shared"
finish
