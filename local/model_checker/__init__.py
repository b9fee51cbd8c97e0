"""The delivery promise, tried: the send function's own code in a world that takes every turn there is.

The production code runs in greenlets that stop at every I/O step. What it asks is answered by a model of the table, the
queue and RealTime, in every order, with crashes, duplicates and faults, up to bounds.
"""
