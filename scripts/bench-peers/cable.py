#!/usr/bin/env python3
"""Connects network namespaces by cables with a delay, where the kernel has no netem.

    cable.py DELAY-MILLISECONDS NAMESPACE...

Makes a device tun0 in each namespace and carries packets between them: the n-th namespace (from 1) is 10.77.0.n. Needs root.
Prints "ready" when the devices exist; runs until it is ended.
"""
import ctypes
import fcntl
import heapq
import os
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000


def open_tun(namespace):
    """A tun device that lives in the namespace, seen from outside."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open("/var/run/netns/" + namespace, os.O_RDONLY)
    if libc.setns(there, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter " + namespace)
    try:
        tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", b"tun0", IFF_TUN | IFF_NO_PI))
    finally:
        libc.setns(home, CLONE_NEWNET)
        os.close(home)
        os.close(there)
    return tun


def main():
    delay = float(sys.argv[1]) / 1000
    tuns = [open_tun(namespace) for namespace in sys.argv[2:]]
    print("ready", flush=True)
    under_way = []
    number = 0
    while True:
        wait = max(0.0, under_way[0][0] - time.monotonic()) if under_way else None
        readable, _, _ = select.select(tuns, [], [], wait)
        now = time.monotonic()
        for tun in readable:
            for _ in range(64):
                try:
                    packet = os.read(tun, 65536)
                except BlockingIOError:
                    break
                if packet[0] >> 4 == 4 and 1 <= packet[19] <= len(tuns):
                    number += 1
                    heapq.heappush(under_way, (now + delay, number, tuns[packet[19] - 1], packet))
        now = time.monotonic()
        while under_way and under_way[0][0] <= now:
            _, _, target, packet = heapq.heappop(under_way)
            try:
                os.write(target, packet)
            except OSError:
                pass  # As a full queue would, on a real cable.


main()
