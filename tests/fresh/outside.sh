#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Started by tests/fresh.sh in namespaces of its own: mounts the system and starts inside.sh in it.
#   outside.sh pivot|chroot BASE WORK RUN USER MAKE-ARGUMENTS
# HEADWAY_INSIDE: another script to run there, with all arguments from RUN on; HEADWAY_SOURCE: the folder that
# it sees as /source.
set -eu
trap 'echo "fresh: the system could not be laid out" >&2; exit 3' ERR
enter=$1 base=$2 work=$3 run=$4
root=$work/system/root
# Changes of a run go to an overlay, or to a copy if the file system does not support one.
mount -t overlay overlay -o "lowerdir=$base/root,upperdir=$work/system/upper,workdir=$work/system/overlay" "$root" || {
	[ -d "$work/system/upper/usr" ] || cp -a "$base/root/." "$work/system/upper/"
	mount --bind "$work/system/upper" "$root"
}
mount -t overlay overlay -o "lowerdir=$base/archives,upperdir=$work/system/archives,workdir=$work/system/overlay2" \
	"$root/var/cache/apt/archives" || mount --bind "$base/archives" "$root/var/cache/apt/archives"
mkdir -p "$root/source"
mount --bind "${HEADWAY_SOURCE:-$work/headway.git}" "$root/source"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 dev "$root/dev"
while read -r name major minor; do
	mknod -m 666 "$root/dev/$name" c "$major" "$minor"
done <<-'D'
	null 1 3
	zero 1 5
	full 1 7
	random 1 8
	urandom 1 9
	tty 5 0
D
mkdir "$root"/dev/{pts,shm}
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev shm "$root/dev/shm"
for link in ptmx=pts/ptmx fd=/proc/self/fd stdin=/proc/self/fd/0 stdout=/proc/self/fd/1 stderr=/proc/self/fd/2; do
	ln -s "${link#*=}" "$root/dev/${link%%=*}"
done
hostname fresh
printf '127.0.0.1 localhost fresh\n::1 localhost\n' >"$root/etc/hosts"
cp -L /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null || :
cp "${HEADWAY_INSIDE:-${0%/*}/inside.sh}" "$root/inside.sh"
[ "$run" != offline ] || ip link set lo up 2>/dev/null || ifconfig lo up
environment=(env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 bash /inside.sh "${@:4}")
cd "$root"
if [ "$enter" = chroot ]; then
	exec chroot . "${environment[@]}"
fi
mkdir -p old
pivot_root . old
exec chroot . sh -c 'umount -l /old && rmdir /old && exec "$@"' sh "${environment[@]}"
