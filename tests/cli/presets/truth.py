#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the programs of the fixtures had done: truth.py FOLDER writes NAME.truth for each.

A line is "OFFSET DONE TOTAL": by the bytes before OFFSET, the program has told that so much is done,
over all its phases; total 0 means that it is unknown.  The formats are read as a whole with regular
expressions, apart from the C code that is tested with them.
"""
import os
import re
import sys

SIZES = {'': 0, 'K': 1, 'M': 2, 'G': 3}
FETCH = [(b'remote: Counting objects', 5), (b'remote: Compressing objects', 10), (b'Receiving objects', 65),
         (b'Resolving deltas', 15), (b'Updating files', 5)]
PUSH = [(b'Counting objects', 5), (b'Compressing objects', 15), (b'Writing objects', 65),
        (b'remote: Resolving deltas', 15)]
MKFS = [(b'Discarding device blocks', 10), (b'Allocating group tables', 10), (b'Writing inode tables', 50),
        (b'Creating journal', 10), (b'Writing superblocks and filesystem accounting information', 20)]


def size(text, thousand=1024):
    match = re.fullmatch(rb'([\d.]+) *([kKMG]?)(i?)B?', text.strip())
    base = 1024 if match[3] else thousand
    return float(match[1]) * base ** SIZES[match[2].decode().upper()]


def each(data, pattern, value, flags=re.M):
    """(offset, done, total) for each match; value(match) is None for one that tells nothing."""
    for match in re.finditer(pattern, data, flags):
        told = value(match)
        if told is not None:
            yield (match.end(), *told)


def percent(match):
    return float(match[1]), 100


def fraction(match):
    return int(match[1]), int(match[2])


def rsync_overall(data):
    return each(data, rb'\r +[\d,]+ +(\d+)%', percent)


def rsync_files(data):
    return each(data, rb'100%.*to-chk=(\d+)/(\d+)\)', lambda m: (int(m[2]) - int(m[1]), int(m[2])))


def curl_table(data):
    base = last = total = 0
    row = rb'(?:\r|\n) *(\d+) +(\S+) +\d+ +(\S+) +\d+ +(\S+) +\S+ +\S+ +[\d:-]+:'
    for match in re.finditer(row, data):
        if size(match[3]) < last:
            base += total
        last = size(match[3])
        total = size(match[2])
        if total or last:
            yield match.end(), base + last, base + total


def curl_bar(data):
    return each(data, rb'#* +([\d.]+)%', percent)


def wget(data):
    base = length = 0
    for match in re.finditer(rb'^Length: (\d+).*\n|(\d+)%(?:\[| [ \d.]*[KM,=])', data, re.M):
        if match[1]:
            base, length = base + length, int(match[1])
        else:
            yield match.end(), base + int(match[2]) * length / 100, base + length


def ffmpeg(total):
    def find(data):
        def value(match):
            if match[1]:
                hours, minutes, seconds = match[1].split(b':')
                return (int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000, total
            return int(match[2]) / 1000, total
        return each(data, rb'frame=[^\r\n]* time=(\d+:\d+:[\d.]+) |^out_time_us=(\d+)\n', value)
    return find


def parts(table, data, pattern):
    for match in re.finditer(pattern, data):
        names = [name for name, _ in table]
        if match[1] not in names:
            continue
        index = names.index(match[1])
        before = sum(share for _, share in table[:index])
        done = 1 if match[2] == b'done' else int(match[2]) / int(match[3])
        yield match.end(), before + table[index][1] * done, 100


def git(table):
    return lambda data: parts(table, data, rb'((?:remote: )?[A-Z][a-z]+ [a-z]+): +\d+% \((\d+)/(\d+)\)')


def mkfs(data):
    names = b'|'.join(name for name, _ in MKFS)
    for match in re.finditer(rb'(' + names + rb')[^:\n]*: +(?:(\d+)/(\d+)\x08)?', data):
        end = data.index(b'done', match.end()) + 4
        if match[2]:
            yield match.end(), *next(parts(MKFS, match[0], rb'(.*?): +(\d+)/(\d+)'))[1:]
        yield end, *next(parts(MKFS, match[1] + b': done', rb'(.*): (done)'))[1:]


def ninja(data):
    return each(data, rb'^\[(\d+)/(\d+)\]', fraction)


def make(data):
    return each(data, rb'^\[ *(\d+)%\]', percent)


def cargo(data):
    return each(data, rb'Building \[[=> ]*\] (\d+)/(\d+)[:, ]', fraction)


def pytest_lines(data):
    return each(data, rb'\[ *(\d+)%\](?:\n| PASSED| FAILED)', percent)


def parallel_jobs(match):
    done, left = map(int, re.search(rb'(\d+):(\d+)=', re.sub(rb'\x1b\[\d*m', b'', match[0])).groups())
    return done, done + left


def parallel_bar(data):
    return each(data, rb'\r\x1b\[7m[^\r]*?%[^\r]*', parallel_jobs)


def parallel_eta(data):
    return each(data, rb'Left: (\d+) AVG: [\d.]+s +local:\d+/(\d+)/\d+%/[\d.]+s[^\r\n]*[\r\n]',
                lambda m: (int(m[2]), int(m[1]) + int(m[2])))


def dd(total):
    return lambda data: each(data, rb'(\d+) bytes \([^\r\n]*copied,', lambda m: (int(m[1]), total))


def pv_bar(data):
    return each(data, rb'\] +(\d+)%', percent)


def pv_numbers(data):
    return each(data, rb'^(\d+)\n', percent)


def pv_amounts(data):
    return each(data, rb'([\d.]+ *[kKMG]?i?B?) +\d:\d\d:\d\d \[', lambda m: (size(m[1].replace(b' ', b''), 1000), 0))


def zstd(data):
    return each(data, rb'Read: +([\d.]+ *[KM]?i?B?) +/ +([\d.]+ +[KM]?i?B) +=',
                lambda m: (size(m[1].replace(b' ', b'')), size(m[2].replace(b' ', b''))))


def xz(data):
    file = 0
    for match in re.finditer(rb'\((\d)/2\)\r?\n|([\d.]+) %[^\r\n]* / [^\r\n]* = ', data):
        if match[1]:
            file = int(match[1]) - 1
        else:
            yield match.end(), file * 100 + float(match[2]), 200


def tar(total):
    return lambda data: each(data, rb'(?:^|checkpoint )(\d+)\n', lambda m: (int(m[1]) * 10240, total))


def borg_create(data):
    return each(data, rb'"original_size": (\d+),.*"archive_progress".*\n', lambda m: (int(m[1]), 0))


def borg_text(data):
    return each(data, rb'([\d.]+)% Extracting: ', percent)


def borg_json(data):
    return each(data, rb'"current": (\d+), "total": (\d+),.*\n', lambda m: fraction(m) if int(m[2]) else None)


def restic_text(data):
    return each(data, rb'\] (?:[\d.]+% +)?\d+ files ([\d.]+ \w+), total \d+ files ([\d.]+ \w+),',
                lambda m: (size(m[1]), size(m[2])))


def restic_check(data):
    base = last = 0
    phase = None
    for match in re.finditer(rb'% +(\d+) / (\d+) ([a-z]+)\n', data):
        if phase not in (None, match[3]):
            base += last
        phase, last = match[3], int(match[2])
        yield match.end(), base + int(match[1]), base + last


def restic_json(data):
    return each(data, rb'"total_bytes":(\d+),"bytes_done":(\d+).*\n', lambda m: (int(m[2]), int(m[1])))


def rclone_text(data):
    return each(data, rb'(?:NOTICE|Transferred): +\t? *([\d.]+ \w*B) / ([\d.]+ \w*B), \d+%',
                lambda m: (size(m[1]), size(m[2])))


def rclone_json(data):
    return each(data, rb'"stats":\{"bytes":(\d+),.*"totalBytes":(\d+),.*\n', fraction)


def fsck(data):
    shares = [70, 20, 2, 3, 5]
    return each(data, rb'^(\d) (\d+) (\d+) ', lambda m: (
        sum(shares[:int(m[1]) - 1]) + shares[int(m[1]) - 1] * int(m[2]) / int(m[3]), 100))


def dpkg(data):
    steps = {}
    for match in re.finditer(rb'^status: (\w+): (unpacked|installed)\n', data, re.M):
        steps[match[1]] = 1 if match[2] == b'unpacked' else 2
        yield match.end(), sum(steps.values()), 8


def apt(data):
    has_download = b'dlstatus' in data
    for match in re.finditer(rb'^(dl|pm)status:[^:]*:([\d.]+):', data, re.M):
        base = 100 if match[1] == b'pm' and has_download else 0
        yield match.end(), base + float(match[2]), base + 100


TRUTHS = {
    'rsync-overall': rsync_overall, 'rsync-files': rsync_files, 'curl-table': curl_table, 'curl-two': curl_table,
    'curl-bar': curl_bar, 'wget-dots': wget, 'wget-bar': wget, 'wget-two': wget,
    'ffmpeg-classic': ffmpeg(30000), 'ffmpeg-part': ffmpeg(20000), 'ffmpeg-progress': ffmpeg(30000),
    'git-clone': git(FETCH), 'git-push': git(PUSH), 'ninja-build': ninja, 'make-cmake': make, 'cmake-ninja': ninja,
    'cargo-build': cargo, 'pytest-quiet': pytest_lines, 'pytest-verbose': pytest_lines,
    'pytest-xdist': pytest_lines, 'parallel-bar': parallel_bar, 'parallel-eta': parallel_eta,
    'dd-pipe': dd(4000000), 'pv-bar': pv_bar, 'pv-numbers': pv_numbers, 'pv-bytes': pv_amounts,
    'pv-lines': pv_amounts, 'zstd-file': zstd,
    'xz-terminal': xz, 'tar-own': tar(0), 'tar-text': tar(0), 'borg-create': borg_create, 'borg-extract': borg_text,
    'borg-json': borg_json, 'restic-text': restic_text, 'restic-check': restic_check, 'restic-json': restic_json,
    'rclone-line': rclone_text, 'rclone-progress': rclone_text, 'rclone-json': rclone_json, 'mkfs-ext4': mkfs,
    'fsck-own': fsck, 'dpkg-install': dpkg, 'apt-install': apt,
}


def main(folder):
    for name, find in TRUTHS.items():
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            continue
        with open(path, 'rb') as file:
            told = list(find(file.read()))
        if not told:
            sys.exit(f'{name}: nothing is understood')
        with open(path + '.truth', 'w', encoding='ascii') as file:
            for offset, done, total in told:
                file.write(f'{offset} {done:.2f} {total:.2f}\n')


main(sys.argv[1])
