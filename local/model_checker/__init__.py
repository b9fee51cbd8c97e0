"""A model checker for the delivery promise.

Production code runs in greenlets that stop at every I/O step. A model of the table, the queue and RealTime answers what
it asks, in every order, with crashes, duplicates and faults, up to bounds.
"""
