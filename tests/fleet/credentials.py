#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Keys and JWTs of NATS, as its tool nsc would make them, signed by openssl.

    credentials.py FOLDER USER=SUBJECT[,SUBJECT]…[:SUBJECT]…    what each may publish, and subscribe to; none: all

Writes FOLDER/server.conf, for one account with JetStream, and FOLDER/USER.creds for each user.
"""
import base64
import json
import os
import subprocess
import sys
import time

KINDS = {"operator": 14 << 3, "account": 0, "user": 20 << 3}
SEED = 18 << 3
DER = bytes.fromhex("302e020100300506032b657004220420")  # before the seed, in a private key (RFC 8410)


def checksum(data):
    """CRC-16/XMODEM, least significant byte first."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xffff
    return crc.to_bytes(2, "little")


def base32(data):
    return base64.b32encode(data + checksum(data)).decode().rstrip("=")


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *arguments], input=stdin, stdout=subprocess.PIPE, check=True).stdout


class Key:
    def __init__(self, folder, kind, name):
        self.kind, self.name, self.folder = kind, name, folder
        self.seed, self.file = os.urandom(32), f"{folder}/{name}.der"
        with open(self.file, "wb") as file:
            file.write(DER + self.seed)
        public = openssl("pkey", "-inform", "DER", "-in", self.file, "-pubout", "-outform", "DER")[-32:]
        self.public = base32(bytes([KINDS[kind]]) + public)

    def secret(self):
        prefix = KINDS[self.kind]
        return base32(bytes([SEED | prefix >> 5, (prefix & 31) << 3]) + self.seed)

    def sign(self, subject, claims):
        """The JWT in which this key says that of another one."""
        now = int(time.time())
        payload = {"jti": subject.public, "iat": now, "iss": self.public, "name": subject.name, "sub": subject.public,
                   "nats": {**claims, "type": subject.kind, "version": 2}}
        text = ".".join(base64url(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ed25519-nkey"}, payload))
        unsigned = f"{self.folder}/unsigned"
        with open(unsigned, "w", encoding="ascii") as file:
            file.write(text)
        signature = openssl("pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", self.file, "-in", unsigned)
        return text + "." + base64url(signature)


def rights(text):
    publish, _, subscribe = text.partition(":")
    return {"pub": {"allow": publish.split(",")} if publish else {}, "sub": {"allow": subscribe.split(",")} if subscribe else {}}


def main(folder, *users):
    operator, system, account = Key(folder, "operator", "operator"), Key(folder, "account", "system"), Key(folder, "account", "fleet")
    limits = {"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": True, "conn": -1, "leaf": -1}
    stores = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
    jwts = {system.public: operator.sign(system, {"limits": limits}), account.public: operator.sign(account, {"limits": {**limits, **stores}})}
    with open(f"{folder}/server.conf", "w", encoding="ascii") as file:
        file.write(f"operator: {operator.sign(operator, {'system_account': system.public})}\n"
                   f"system_account: {system.public}\nresolver: MEMORY\nresolver_preload: {{\n")
        file.writelines(f"  {key}: {jwt}\n" for key, jwt in jwts.items())
        file.write("}\n")
    for user in users:
        name, _, text = user.partition("=")
        key = Key(folder, "user", name)
        jwt = account.sign(key, {**rights(text), "subs": -1, "data": -1, "payload": -1})
        with open(f"{folder}/{name}.creds", "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(f"-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n"
                       f"-----BEGIN USER NKEY SEED-----\n{key.secret()}\n------END USER NKEY SEED------\n")


main(*sys.argv[1:])
