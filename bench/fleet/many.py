#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ten thousand hosts, simulated: what the servers, the readers and the age of what they show come to.

Every record of every host that shares a bucket is simulated, in the order of its writes.  A record changes
after an exponential time, is written at the next walk of its relay and at most once a period, waits at the
leader of the bucket's stream behind all earlier writes, and then at the reader.  Superseded states are not
sent.  A write that is taken for lost is sent again, and both cost the server; the relays' wait for an answer
is as fleet/relay/main.c chooses it.  Each host writes a heartbeat a period.  Buckets do not share anything, so one is simulated and stands for all.

    many.py [--hosts N]... [--records N] [--change SECONDS] [--period SECONDS] [--buckets N]...

Assumed, from measurements on two processors (make bench, fleet/DESIGN.md): 40 us of a leader for a write with
three replicas; 12 us of a reader for a value; 0.3 ms of network each way; 1 s without a leader after a server
was killed.
"""
import argparse
import heapq
import random

SERVER, READER, NETWORK = 40e-6, 12e-6, 0.3e-3
WALK, ELECTION = 0.1, 1.0
WAIT, LONGEST_WAIT, WAIT_FACTOR = 5.0, 60.0, 4  # for an answer
AGE = 600.0  # of the bucket: a key is refreshed after a quarter to a half of it
SECONDS, WARM_UP, KILL = 30.0, 10.0, 25.0  # simulated; not counted; when the leader is killed
VALUE = 1300 + 350  # bytes of a reader for a record: two views, and what it keeps beside them


class Queue:
    """One server: a write is done when all that came before are."""

    def __init__(self, cost):
        self.cost, self.free, self.busy = cost, 0.0, 0.0

    def done(self, arrival):
        self.free = max(self.free, arrival) + self.cost
        self.busy += self.cost
        return self.free

    def stop(self, now, seconds):
        self.free = max(self.free, now) + seconds


class Bucket:
    def __init__(self, hosts, records, change, period):
        self.change, self.period = change, period
        self.leader, self.reader = Queue(SERVER), Queue(READER)
        self.random = random.Random(1)
        self.ages, self.again, self.writes = [], 0, 0
        self.caught_up = 0.0  # after the kill
        self.wait = WAIT
        # (when it is sent, a number that makes entries differ, since when readers are wrong; None: a heartbeat)
        self.due = []
        for number in range(hosts):
            self.due.append((self.random.uniform(0, period), number, None))
        for number in range(hosts, hosts + hosts * records):
            changed = self.random.expovariate(1 / change)
            self.due.append((self.walk_after(changed), number, changed))
        heapq.heapify(self.due)

    def walk_after(self, when):
        return when + self.random.uniform(0, WALK)

    def send(self, when):
        """When the relay has an answer; when the reader has the value."""
        answered = self.leader.done(when + NETWORK)
        shown = self.reader.done(answered + NETWORK)
        delay = answered + NETWORK - when
        if delay > self.wait:  # it was sent again meanwhile: refused, for the key has a new number
            self.leader.done(when + self.wait)
            self.again += 1
            self.wait = LONGEST_WAIT
        else:
            self.wait = min(max(WAIT_FACTOR * delay, WAIT), LONGEST_WAIT)
        return answered + NETWORK, shown

    def run(self):
        killed = False
        while self.due and self.due[0][0] < SECONDS:
            when, number, changed = heapq.heappop(self.due)
            if when >= KILL and not killed:
                killed = True
                self.leader.stop(KILL, ELECTION)
            answered, shown = self.send(when)
            self.writes += 1
            if changed is None:
                following = max(when + self.period, answered)
                heapq.heappush(self.due, (following, number, None))
                continue
            if WARM_UP <= when < KILL:
                self.ages.append(shown - changed)
            if when >= KILL and answered - when > 0.5:
                self.caught_up = answered - KILL - ELECTION
            changed = when + self.random.expovariate(1 / self.change)
            refresh = when + AGE * self.random.uniform(0.25, 0.5)
            following = max(min(self.walk_after(changed), refresh), when + self.period, answered)
            heapq.heappush(self.due, (following, number, min(changed, following)))
        self.ages.sort()

    def age(self, share):
        return self.ages[int(share * (len(self.ages) - 1))] if self.ages else float("nan")


def demand(hosts, records, change, period):
    """Writes a second, if nothing waited: a record's cycle is its period or the wait for a change, and a walk."""
    return hosts * (1 / period + records / max(period, change + WALK / 2))


def row(hosts, buckets, arguments):
    share = -(-hosts // buckets)
    bucket = Bucket(share, arguments.records, arguments.change, arguments.period)
    bucket.run()
    offered = demand(share, arguments.records, arguments.change, arguments.period)
    kept = offered * SERVER < 1
    catch_up = f"{max(bucket.caught_up, 0):.1f}" if kept else "never"
    print(f"| {hosts} | {buckets} | {hosts * arguments.records} | {offered * buckets:,.0f} | {offered * SERVER:.2f} "
          f"| {bucket.age(0.5):.2f} | {bucket.age(0.99):.2f} | {100 * bucket.again / bucket.writes:.0f} % | {catch_up} "
          f"| {offered * READER:.2f} | {share * arguments.records * VALUE / 1e6:,.0f} "
          f"| {share * arguments.records * READER:.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hosts", type=int, action="append", help="of the whole fleet; 100, 1000, 10000")
    parser.add_argument("--buckets", type=int, action="append", help="that the hosts are divided among; 1, 4, 16, 64")
    parser.add_argument("--records", type=int, default=100, help="of a host (100)")
    parser.add_argument("--change", type=float, default=20, help="mean seconds from a write to the next change (20)")
    parser.add_argument("--period", type=float, default=1, help="of the relays, in seconds (1)")
    arguments = parser.parse_args()
    if min([arguments.records, *(arguments.hosts or []), *(arguments.buckets or [])]) < 1 or min(arguments.change, arguments.period) <= 0:
        parser.error("all numbers must be above 0")
    print(f"{arguments.records} records a host, a change after {arguments.change:g} s, a period of {arguments.period:g} s\n")
    print("| hosts | buckets | records | writes/s | of a leader | age p50, s | p99, s | sent twice | catches up after a kill, s "
          "| of a reader's CPU | its MB | its start, s |")
    print("|---:|" * 1 + "---:|" * 11)
    for hosts in arguments.hosts or [100, 1000, 10000]:
        for buckets in arguments.buckets or [1, 4, 16, 64]:
            row(hosts, buckets, arguments)


if __name__ == "__main__":
    main()
